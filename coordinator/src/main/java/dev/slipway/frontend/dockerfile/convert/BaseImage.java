package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.oci.Digest;

/**
 * A resolved image.
 *
 * @param reference its name, which may be another than the Dockerfile's when a source policy says
 *     so
 * @param digest of its root descriptor
 * @param config its configuration JSON
 */
public record BaseImage(String reference, Digest digest, byte[] config) {}
