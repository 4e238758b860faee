package dev.slipway.gc;

import dev.slipway.config.GcSettings;
import dev.slipway.error.SlipwayException;
import dev.slipway.pattern.FieldFilter;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.telemetry.DiskMetric;
import dev.slipway.telemetry.Meters;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a worker's disk as its configuration says, and makes room when there is none. @ThreadSafe
 */
public final class DiskKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DiskKeeper.class);

  private static final Duration EVERY = Duration.ofMinutes(1);

  /** After a stage, so that a build of many small ones costs one look. */
  private static final Duration SOON = Duration.ofSeconds(2);

  /** A full disk is filled in seconds, not in less than that. */
  private static final Duration LOOK = Duration.ofMillis(200);

  /** Until the bytes of what was removed are free; a large layer has a hundred thousand files. */
  private static final Duration REMOVAL_PATIENCE = Duration.ofMinutes(1);

  private final SnapshotStore store;
  private final Disk disk;
  private final DiskWatch watch;
  private final Holds holds;
  private final Collector collector;
  private final GcSettings settings;
  private final List<Policy> policies;
  private final AtomicBoolean soon = new AtomicBoolean();
  private final ScheduledExecutorService thread =
      Executors.newScheduledThreadPool(
          2, Thread.ofPlatform().daemon().name("disk-keeper-", 0).factory());

  /**
   * @param worker its name, as people know it
   * @param more shelves beside the layers
   */
  public DiskKeeper(
      String worker,
      SnapshotStore store,
      List<Shelf> more,
      Disk disk,
      GcSettings settings,
      InstantSource clock,
      Meters meters)
      throws SlipwayException {
    this.store = store;
    this.disk = disk;
    this.watch = new DiskWatch(disk);
    this.holds = new Holds(clock);
    this.settings = settings;
    this.policies = Policy.of(settings, disk.total());
    List<Shelf> shelves = new ArrayList<>(List.of(new LayerShelf(store, holds::isHeld, worker)));
    shelves.addAll(more);
    this.collector = new Collector(shelves, disk, clock, meters);
    meters.gauge(DiskMetric.USED_BYTES, () -> Collector.bytes(collector.records()));
    meters.gauge(DiskMetric.FREE_BYTES, disk::free);
    meters.gauge(DiskMetric.TOTAL_BYTES, disk::total);
  }

  /** Begins to look after the disk by itself. */
  public void start() {
    thread.scheduleWithFixedDelay(
        watch::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    if (settings.enabled()) {
      thread.scheduleWithFixedDelay(
          this::collect, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  public Holds holds() {
    return holds;
  }

  /**
   * A build has found the layers in the cache: they are held for it, and count as used although
   * nothing mounts them.
   */
  public void found(Holds.Link link, String buildId, List<String> layerIds) {
    link.hold(buildId, layerIds);
    try (Pin _ = store.pin(layerIds.stream().filter(store::has).toList())) {
      LOG.atTrace().addKeyValue("build", buildId).log("layers held");
    } catch (SlipwayException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("a held layer is gone already");
    }
  }

  public DiskWatch watch() {
    return watch;
  }

  /** From now on it hears of records that are gone, as soon as they are. */
  public void onRemoved(Consumer<List<DiskRecord>> listener) {
    collector.onRemoved(listener);
  }

  /** Everything on the disk that matches. */
  public List<DiskRecord> usage(FieldFilter filter) {
    return collector.records().stream().filter(record -> filter.matches(record.fields())).toList();
  }

  /** Removes what the policy says and nothing needs; returns when its bytes are free. */
  public List<DiskRecord> prune(Policy policy) throws InterruptedException {
    List<DiskRecord> gone = collector.collect(List.of(policy), DiskMetric.Reason.PRUNE);
    if (!collector.awaitRemoved(REMOVAL_PATIENCE)) {
      LOG.atWarn()
          .addKeyValue("patience", REMOVAL_PATIENCE)
          .log("bytes of pruned records are still being removed");
    }
    return gone;
  }

  /** A stage has ended: what it made may be too much. */
  public void stageEnded() {
    if (settings.enabled() && !thread.isShutdown() && soon.compareAndSet(false, true)) {
      thread.schedule(
          () -> {
            soon.set(false);
            collect();
          },
          SOON.toMillis(),
          TimeUnit.MILLISECONDS);
    }
  }

  /** Sees to it that a stage can begin; returns why it cannot. */
  public Optional<String> admit() throws InterruptedException {
    if (!watch.isShort()) {
      return Optional.empty();
    }
    makeRoom(0);
    return watch.isShort() ? Optional.of(sentence()) : Optional.empty();
  }

  /**
   * Makes room for a step that had not enough.
   *
   * @param free what it had, in bytes
   */
  public void makeRoomAfter(long free) throws InterruptedException {
    makeRoom(2 * free);
  }

  /** What is wrong with the disk, and what can be done about it. */
  public String sentence() {
    return "its disk is full: "
        + mebibytes(disk.free())
        + " of "
        + mebibytes(disk.total())
        + " MiB are free, a stage needs "
        + mebibytes(watch.leastFree())
        + (settings.enabled()
            ? "; all cache that nothing uses was removed down to reservedSpace, so make the disk larger or free it of other files"
            : "; garbage collection is switched off (worker.oci.gc), so prune the cache or make the disk larger");
  }

  private static long mebibytes(long bytes) {
    return bytes >> 20;
  }

  private void makeRoom(long wanted) throws InterruptedException {
    if (!settings.enabled()) {
      return;
    }
    long reserved = policies.stream().mapToLong(Policy::reserved).max().orElse(0);
    long configured = policies.stream().mapToLong(Policy::minFree).max().orElse(0);
    // Twice what a stage needs to begin: the next one would be here again at once otherwise.
    long minFree = Math.max(Math.max(wanted, configured), 2 * watch.leastFree());
    Policy layers = new Policy(FieldFilter.ALL, true, Duration.ZERO, reserved, 0, minFree, false);
    Policy blobs = new Policy(FieldFilter.ALL, true, Duration.ZERO, reserved, 0, minFree, true);
    collector.collect(List.of(blobs, layers), DiskMetric.Reason.DISK_FULL);
    if (!collector.awaitRemoved(REMOVAL_PATIENCE)) {
      LOG.atWarn()
          .addKeyValue("patience", REMOVAL_PATIENCE)
          .log("bytes of removed records are still being removed");
    }
  }

  /** By the configuration's policies; a task that throws would never be run again. */
  private void collect() {
    try {
      collector.collect(policies, DiskMetric.Reason.POLICY);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("garbage collection failed by a defect, tried again later");
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
