package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.oci.Platform;

/** An image that a Dockerfile needs, for one platform; the reference is normalised. */
public record ImageKey(String reference, Platform platform) {}
