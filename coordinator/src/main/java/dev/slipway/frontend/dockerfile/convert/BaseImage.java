package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.oci.Digest;

/** A resolved image: digest of its root descriptor, and its configuration JSON. */
public record BaseImage(Digest digest, byte[] config) {}
