package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import dev.slipway.oci.Platform;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A Dockerfile as a graph for one platform.
 *
 * @param platform that was built for
 * @param config image configuration JSON
 * @param baseConfig configuration of the image that the target stage starts from
 * @param epoch seconds since 1970 for whatever is made, SOURCE_DATE_EPOCH
 */
public record Converted(
    Definition definition,
    Platform platform,
    byte[] config,
    Optional<byte[]> baseConfig,
    OptionalLong epoch) {}
