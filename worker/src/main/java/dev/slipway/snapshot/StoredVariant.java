package dev.slipway.snapshot;

import dev.slipway.oci.Digest;

/**
 * A layer packed in another way than usual.
 *
 * @param diffId of the tar inside, which may have other times than the layer
 */
public record StoredVariant(Digest diffId, StoredBlob blob) {}
