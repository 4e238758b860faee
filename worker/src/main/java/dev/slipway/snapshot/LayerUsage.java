package dev.slipway.snapshot;

import java.time.Instant;
import java.util.Optional;

/**
 * A layer and what it is good for.
 *
 * @param bytes that it takes: its files, less those that count for an older layer which has them
 *     too, and its compressed form
 * @param below the layer that it was made on; there or not
 * @param uses mounts, transfers and pushes so far
 * @param pinned whether something uses it now
 */
public record LayerUsage(
    StoredLayer layer,
    long bytes,
    Optional<String> below,
    Instant createdAt,
    Instant lastUsedAt,
    long uses,
    boolean pinned) {}
