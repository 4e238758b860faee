package dev.slipway.gc;

import java.time.Instant;
import java.util.List;

/** Records for tests. */
final class Records {
  static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private Records() {}

  /** A layer of so many bytes, used so many minutes ago, on those. */
  static DiskRecord layer(String id, long size, long minutesAgo, String... parents) {
    return new DiskRecord(
        id,
        DiskRecord.Type.REGULAR,
        false,
        false,
        size,
        0,
        NOW.minusSeconds(100_000),
        NOW.minusSeconds(60 * minutesAgo),
        1,
        List.of(parents),
        "");
  }

  static DiskRecord inUse(DiskRecord record) {
    return record.with(true, record.lastUsedAt());
  }

  static DiskRecord withBlob(DiskRecord record, long bytes) {
    return new DiskRecord(
        record.id(),
        record.type(),
        record.mutable(),
        record.inUse(),
        record.size() + bytes,
        bytes,
        record.createdAt(),
        record.lastUsedAt(),
        record.uses(),
        record.parents(),
        record.description());
  }
}
