package dev.slipway.export;

import dev.slipway.solve.SolvedResult;
import java.util.Optional;

/**
 * What a build made for one platform.
 *
 * @param platformId empty when the result is the only one and stands outside of any map
 * @param result empty = scratch
 */
public record PlatformResult(String platformId, Optional<SolvedResult> result) {}
