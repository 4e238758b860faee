package dev.slipway.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Everything that Slipway measures. Names and help are declared here and nowhere else; tags come
 * from the enums below, never from images, digests or ids. @ThreadSafe
 */
public final class Meters {
  /** How a build ended. */
  public enum BuildOutcome {
    SUCCEEDED,
    FAILED,
    CANCELLED
  }

  /**
   * How a stage ended on a worker; lost = the worker left, refused = the worker would not take it.
   */
  public enum StageOutcome {
    SUCCEEDED,
    FAILED,
    CANCELLED,
    LOST,
    REFUSED,
    LAYERS_UNAVAILABLE
  }

  /** What the cache said. */
  public enum LookupOutcome {
    HIT,
    MISS,
    STALE
  }

  /** Where a layer's bytes came from, or went to. */
  public enum TransferPath {
    PEER,
    REGISTRY,
    COORDINATOR,
    PUSH
  }

  /** What a worker is doing with a layer or a step. */
  public enum Phase {
    /** A base image's blob comes from a registry. */
    PULLING,
    /** Bytes come from another worker. */
    TRANSFERRING,
    /** A process of a step runs. */
    EXECUTING,
    /** What a process changed is made a layer. */
    DIFFING,
    /** A blob goes to a registry. */
    PUSHING
  }

  /** Why something left a worker's disk. */
  public enum CollectReason {
    /** The configuration's policy. */
    POLICY,
    /** Somebody asked for it. */
    PRUNE,
    /** There was no room left for a stage. */
    DISK_FULL
  }

  /** What became of layers that should survive the loss of a worker. */
  public enum DurabilityOutcome {
    /** Another worker has a copy. */
    COPIED,
    /** The durable tier has it. */
    STORED,
    /** Given up after several attempts; counted once for a result. */
    FAILED,
    /** There was no room in the backlog; counted once for a result. */
    DROPPED
  }

  /** Something that goes on until it is closed. */
  public interface Ongoing extends AutoCloseable {
    @Override
    void close();
  }

  private static final String OUTCOME = "outcome";

  private final MeterRegistry registry;
  private final Map<Phase, AtomicInteger> phases = new EnumMap<>(Phase.class);

  public Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Shows what goes on at a worker now, by phase; to be called once. */
  public void bindPhases() {
    for (Phase phase : Phase.values()) {
      AtomicInteger count = new AtomicInteger();
      phases.put(phase, count);
      Gauge.builder("slipway.worker.phase", count, AtomicInteger::get)
          .description("Transfers, processes, layers being made and uploads under way")
          .tag("phase", tag(phase))
          .register(registry);
    }
  }

  /** Something of that phase begins. */
  public Ongoing phase(Phase phase) {
    AtomicInteger count = phases.get(phase);
    if (count == null) {
      return () -> {};
    }
    count.incrementAndGet();
    return count::decrementAndGet;
  }

  /** The registry, for scraping. */
  public MeterRegistry registry() {
    return registry;
  }

  /** A build ended. */
  public void build(BuildOutcome outcome, Duration took) {
    Counter.builder("slipway.builds")
        .description("Builds that ended")
        .tag(OUTCOME, tag(outcome))
        .register(registry)
        .increment();
    Timer.builder("slipway.build.seconds")
        .description("Time from the request to the answer of a build")
        .tag(OUTCOME, tag(outcome))
        .register(registry)
        .record(took);
  }

  /**
   * A build ended for which bytes were moved to workers; zero counts, it is what a cache is for.
   */
  public void buildMoved(TransferPath path, long bytes) {
    DistributionSummary.builder("slipway.build.moved.bytes")
        .description("Bytes moved to workers for one build, as on the wire")
        .baseUnit("bytes")
        .tag("path", tag(path))
        .register(registry)
        .record(bytes);
  }

  /** A stage left the queue for a worker. */
  public void stageQueued(Duration waited) {
    Timer.builder("slipway.stage.queue.seconds")
        .description("Time that a ready stage waited for a worker")
        .register(registry)
        .record(waited);
  }

  /** A stage ended on a worker. */
  public void stage(StageOutcome outcome, Duration took) {
    Counter.builder("slipway.stages")
        .description("Stages that ended on a worker")
        .tag(OUTCOME, tag(outcome))
        .register(registry)
        .increment();
    Timer.builder("slipway.stage.seconds")
        .description("Time that a stage took on its worker")
        .tag(OUTCOME, tag(outcome))
        .register(registry)
        .record(took);
  }

  /** Vertices were looked up in the cache. */
  public void cacheLookups(LookupOutcome outcome, int count) {
    Counter.builder("slipway.cache.lookups")
        .description("Vertices looked up in the cache")
        .tag(OUTCOME, tag(outcome))
        .register(registry)
        .increment(count);
  }

  /** Bytes of layers were moved. */
  public void layerTransfer(TransferPath path, long bytes) {
    Counter.builder("slipway.layer.transfer.bytes")
        .description("Bytes of layers moved, as on the wire")
        .baseUnit("bytes")
        .tag("path", tag(path))
        .register(registry)
        .increment(bytes);
  }

  /** Bytes of local contexts were received from clients. */
  public void contextReceived(long bytes) {
    Counter.builder("slipway.context.received.bytes")
        .description("Bytes of local contexts received from clients")
        .baseUnit("bytes")
        .register(registry)
        .increment(bytes);
  }

  /** Records left a worker's disk. */
  public void collected(CollectReason reason, long records, long bytes) {
    Counter.builder("slipway.disk.collected.records")
        .description("Layers, compressed copies and cache mounts removed from the disk")
        .tag("reason", tag(reason))
        .register(registry)
        .increment(records);
    Counter.builder("slipway.disk.collected.bytes")
        .description("Bytes of what was removed from the disk")
        .baseUnit("bytes")
        .tag("reason", tag(reason))
        .register(registry)
        .increment(bytes);
  }

  /** A worker's disk: what its records take, and what is free. */
  public void disk(Supplier<Number> used, Supplier<Number> free) {
    Gauge.builder("slipway.disk.used.bytes", used)
        .description("Bytes of layers, their compressed copies and cache mounts")
        .baseUnit("bytes")
        .strongReference(true)
        .register(registry);
    Gauge.builder("slipway.disk.free.bytes", free)
        .description("Bytes free on the worker's disk")
        .baseUnit("bytes")
        .strongReference(true)
        .register(registry);
  }

  /** Workers that are joined now. */
  public void workers(Supplier<Number> count) {
    Gauge.builder("slipway.workers", count)
        .description("Workers joined")
        .strongReference(true)
        .register(registry);
  }

  /** Slots of all workers, used or not. */
  public void workerSlots(Supplier<Number> count) {
    Gauge.builder("slipway.worker.slots", count)
        .description("Slots of all workers")
        .strongReference(true)
        .register(registry);
  }

  /** Coordinators that this one sees, itself among them. */
  public void clusterMembers(Supplier<Number> count) {
    Gauge.builder("slipway.cluster.members", count)
        .description("Coordinators that this one sees, itself among them")
        .strongReference(true)
        .register(registry);
  }

  /** A client's call was passed on to the coordinator that owns its build. */
  public void callForwarded() {
    Counter.builder("slipway.calls.forwarded")
        .description("Calls of clients passed on to the coordinator that owns their build")
        .register(registry)
        .increment();
  }

  /**
   * Stages that wait for a worker now.
   *
   * @param platform of a set that is fixed, not of what clients ask for
   */
  public void queueLength(String platform, Supplier<Number> count) {
    Gauge.builder("slipway.queue.length", count)
        .description("Stages that wait for a worker, at the coordinator that has the queue")
        .tag("platform", platform)
        .strongReference(true)
        .register(registry);
  }

  /** How long the stage has waited that has waited longest. */
  public void queueOldest(Supplier<Number> seconds) {
    Gauge.builder("slipway.queue.oldest.seconds", seconds)
        .description("Time that the oldest waiting stage has waited")
        .baseUnit("seconds")
        .strongReference(true)
        .register(registry);
  }

  /** Whether the farm's queue is here. */
  public void queueHere(Supplier<Number> one) {
    Gauge.builder("slipway.queue.here", one)
        .description("1 at the coordinator that has the farm's queue, 0 at the others")
        .strongReference(true)
        .register(registry);
  }

  /** Slots that have a stage. */
  public void workerSlotsUsed(Supplier<Number> count) {
    Gauge.builder("slipway.worker.slots.used", count)
        .description("Slots that have a stage, at the coordinator that has the queue")
        .strongReference(true)
        .register(registry);
  }

  /**
   * Stages of one tenant.
   *
   * @param tenant that the configuration names
   */
  public void tenantStages(String tenant, Supplier<Number> waiting, Supplier<Number> running) {
    Gauge.builder("slipway.tenant.waiting", waiting)
        .description("Stages of a configured tenant that wait")
        .tag("tenant", tenant)
        .strongReference(true)
        .register(registry);
    Gauge.builder("slipway.tenant.running", running)
        .description("Stages of a configured tenant that run")
        .tag("tenant", tenant)
        .strongReference(true)
        .register(registry);
  }

  /** Builds that run now. */
  public void runningBuilds(Supplier<Number> count) {
    Gauge.builder("slipway.builds.running", count)
        .description("Builds that run")
        .strongReference(true)
        .register(registry);
  }

  /** Sessions that are open now. */
  public void sessions(Supplier<Number> count) {
    Gauge.builder("slipway.sessions", count)
        .description("Client sessions open")
        .strongReference(true)
        .register(registry);
  }

  /** Layers were made durable, or were not. */
  public void durability(DurabilityOutcome outcome, int count) {
    Counter.builder("slipway.durability.layers")
        .description("Layers copied to other workers or a durable tier, and results given up")
        .tag(OUTCOME, tag(outcome))
        .register(registry)
        .increment(count);
  }

  /** Results whose layers have yet to be made durable. */
  public void durabilityPending(Supplier<Number> count) {
    Gauge.builder("slipway.durability.pending", count)
        .description("Results whose layers have yet to be made durable")
        .strongReference(true)
        .register(registry);
  }

  /** Adds the JVM's and the process's own meters. */
  public void bindJvm() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  private static String tag(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
