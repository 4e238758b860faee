package dev.slipway.snapshot;

import dev.slipway.oci.Digest;

/** The compressed form of a layer, kept beside it. {@code size} in bytes. */
public record StoredBlob(String mediaType, Digest digest, long size) {}
