package dev.slipway.mounts;

import java.time.Instant;

/**
 * One copy of a cache mount.
 *
 * @param id of the copy, unique in the farm
 * @param mountId of the mount, see CacheMount of worker.proto
 * @param name of the mount, for people
 * @param size bytes of its files when it was used last
 * @param uses steps that mounted it so far
 */
public record MountRecord(
    String id,
    String mountId,
    String name,
    long version,
    long size,
    Instant createdAt,
    Instant lastUsedAt,
    long uses,
    boolean inUse) {}
