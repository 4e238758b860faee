package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import dev.slipway.oci.Platform;
import java.util.Optional;

/**
 * A Dockerfile as a graph for one platform.
 *
 * @param platform of the target stage
 * @param config image configuration JSON
 * @param baseConfig configuration of the image that the target stage starts from
 */
public record Converted(
    Definition definition, Platform platform, byte[] config, Optional<byte[]> baseConfig) {}
