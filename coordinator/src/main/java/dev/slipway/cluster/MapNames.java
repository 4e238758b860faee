package dev.slipway.cluster;

import java.time.Duration;

/** The shared maps. A map exists once it is used. */
public enum MapNames {
  /** Worker id to its present membership and the coordinators that have a link to it. */
  WORKERS("workers", 100_000, Duration.ZERO),
  /** Member id to how the coordinator is reached. */
  COORDINATORS("coordinators", 1_000, Duration.ZERO),
  /** Cache key to result. About 500 bytes each. */
  CACHE_RECORDS("cache-records", 200_000, Duration.ofDays(30)),
  /** Layer id to what is known of it. About 300 bytes each. */
  LAYERS("layers", 500_000, Duration.ofDays(30)),
  /** Part of a filesystem to the digest of what is in it. About 200 bytes each. */
  CONTENT_DIGESTS("content-digests", 200_000, Duration.ofDays(30)),
  /** Cache mount to its copies. About 300 bytes each. */
  CACHE_MOUNTS("cache-mounts", 100_000, Duration.ofDays(30)),
  /** Cache key to who makes its result now. */
  LEASES("leases", 100_000, Duration.ofHours(24)),
  /** Name of a cluster-wide lock to who holds it. */
  LOCKS("locks", 100_000, Duration.ZERO),
  /** Build ref and session to the coordinator that owns them. */
  BUILD_OWNERS("build-owners", 100_000, Duration.ofHours(24)),
  /** Build ref to the card that pages show of it. Up to two kilobytes, mostly a tenth of that. */
  HISTORY("history", 2_000, Duration.ofDays(30)),
  /**
   * Subject of builds to what the keys of the last few were made of. About 10 KB each, at most 128.
   */
  RECIPES("recipes", 1_000, Duration.ofDays(30)),
  /** Layer id to the step that made it. About 400 bytes each, at most 3 KB. */
  PROVENANCE("provenance", 50_000, Duration.ofDays(30)),
  /** Build ref to why its steps were not cached. About 2 KB each, at most 32. */
  EXPLANATIONS("explanations", 2_000, Duration.ofDays(7)),
  /** Hash of a join token to what it is good for. About 100 bytes each. */
  JOIN_GRANTS("join-grants", 100_000, Duration.ZERO),
  /** Worker id to its certificate's end and whether it was evicted. About 150 bytes each. */
  WORKER_STANDINGS("worker-standings", 100_000, Duration.ZERO),
  /** Tenant to its quota. */
  QUOTAS("quotas", 10_000, Duration.ZERO);

  private final String text;
  private final int maxEntries;
  private final Duration maxIdle;

  MapNames(String text, int maxEntries, Duration maxIdle) {
    this.text = text;
    this.maxEntries = maxEntries;
    this.maxIdle = maxIdle;
  }

  String text() {
    return text;
  }

  /** Entries a member keeps at most; the least recently used go first. */
  int maxEntries() {
    return maxEntries;
  }

  /** Entries nobody asked for in this time are forgotten; zero = never. */
  Duration maxIdle() {
    return maxIdle;
  }
}
