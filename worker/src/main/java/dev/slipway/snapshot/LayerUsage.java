package dev.slipway.snapshot;

import java.time.Instant;
import java.util.Optional;

/**
 * A layer and what it is good for.
 *
 * @param below the layer that it was made on; there or not
 * @param uses mounts, transfers and pushes so far
 * @param pinned whether something uses it now
 */
public record LayerUsage(
    StoredLayer layer,
    Optional<String> below,
    Instant createdAt,
    Instant lastUsedAt,
    long uses,
    boolean pinned) {}
