package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.oci.Platform;

/**
 * A named context that a Dockerfile needs.
 *
 * @param option the name as the client gave it, {@code name} or {@code name::platform}
 * @param platform for which it is needed
 */
public record ContextKey(String option, Platform platform) {}
