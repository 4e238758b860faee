package dev.slipway.snapshot;

/**
 * A layer that is gone.
 *
 * @param bytes that its end frees; files that younger layers have too are theirs from now on
 */
public record Deleted(StoredLayer layer, long bytes) {}
