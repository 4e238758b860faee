package dev.slipway.solve;

import dev.slipway.oci.Platform;
import java.util.Optional;

/**
 * What a container's programs are for.
 *
 * @param platform where they run; empty = anywhere
 * @param os whose search path they get; empty = Linux'
 */
public record ContainerPlacement(Optional<Platform> platform, String os) {}
