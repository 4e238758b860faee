package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.COORDINATOR;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.gauge;
import static dev.slipway.telemetry.Label.by;

/** What the cache knows, and what keeps it safe. */
@Theme("Cache")
public enum CacheMetric implements Metric {
  LOOKUPS(
      counter(
          "slipway.cache.lookups",
          COORDINATOR,
          "Steps looked up in the cache.",
          by("kind", Kind.class),
          by("outcome", Lookup.class))),
  TENANT_BYTES(
      gauge(
          "slipway.tenant.cache.bytes",
          COORDINATOR,
          "What the results of a tenant's steps take on all workers' disks, as of the last look; at the oldest coordinator.",
          Label.TENANT)),
  QUOTA_COLLECTED_BYTES(
      counter(
          "slipway.tenant.cache.collected.bytes",
          COORDINATOR,
          "Removed from workers' disks because their tenant had more than its bound.")),
  DURABILITY_LAYERS(
      counter(
          "slipway.durability.layers",
          COORDINATOR,
          "Layers copied to other workers or a durable tier, and results given up.",
          by("outcome", Durability.class))),
  DURABILITY_PENDING(
      gauge(
          "slipway.durability.pending",
          COORDINATOR,
          "Results whose layers have yet to be made durable."));

  /** What a step does. */
  public enum Kind {
    /** A process: {@code RUN}. */
    EXEC,
    /** Files: {@code COPY}, {@code ADD}, {@code WORKDIR}. */
    FILE,
    /** All else. */
    OTHER
  }

  /** What the cache said. */
  public enum Lookup {
    /** The step is known by its definition. */
    HIT,
    /** What it reads has the same contents as before. */
    CONTENT_HIT,
    /** Another build runs it; its result is waited for. */
    SHARED,
    /** It has to run. */
    MISS,
    /** It is known, but its layers are gone: it has to run. */
    STALE
  }

  /** What became of layers that should survive the loss of a worker. */
  public enum Durability {
    /** Another worker has a copy. */
    COPIED,
    /** The durable tier has it. */
    STORED,
    /** Given up after several attempts; counted once for a result. */
    FAILED,
    /** There was no room in the backlog; counted once for a result. */
    DROPPED
  }

  private final Declaration declaration;

  CacheMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
