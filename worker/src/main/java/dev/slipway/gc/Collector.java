package dev.slipway.gc;

import dev.slipway.telemetry.DiskMetric;
import dev.slipway.telemetry.Meters;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies policies to shelves: a few records at a time, so that nobody waits for it, and each of
 * them checked again by its shelf before it goes. One collection at a time. @ThreadSafe
 */
final class Collector {
  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

  /** Records of one step: renames, some milliseconds. */
  private static final int STEP = 64;

  /** Between steps of a collection that nobody waits for. */
  private static final Duration REST = Duration.ofMillis(50);

  private final List<Shelf> shelves;
  private final Disk disk;
  private final InstantSource clock;
  private final Meters meters;
  private final List<Consumer<List<DiskRecord>>> listeners = new CopyOnWriteArrayList<>();

  /** Held by the collection that runs. */
  private final ReentrantLock turn = new ReentrantLock();

  Collector(List<Shelf> shelves, Disk disk, InstantSource clock, Meters meters) {
    this.shelves = List.copyOf(shelves);
    this.disk = disk;
    this.clock = clock;
    this.meters = meters;
  }

  /** From now on it hears of records that are gone, as soon as they are. */
  void onRemoved(Consumer<List<DiskRecord>> listener) {
    listeners.add(listener);
  }

  /** All records, in use also when one that stands on them is. */
  List<DiskRecord> records() {
    return Selection.lifted(shelves.stream().flatMap(shelf -> shelf.records().stream()).toList());
  }

  /** Applies the policies one after the other; returns what is gone. */
  List<DiskRecord> collect(List<Policy> policies, DiskMetric.Reason reason)
      throws InterruptedException {
    List<DiskRecord> gone = new ArrayList<>();
    turn.lockInterruptibly();
    long begun = System.nanoTime();
    try {
      for (Policy policy : policies) {
        gone.addAll(apply(policy, reason));
      }
    } finally {
      turn.unlock();
      meters.record(
          DiskMetric.COLLECT_SECONDS, Duration.ofNanos(System.nanoTime() - begun), reason);
    }
    if (!gone.isEmpty()) {
      LOG.atInfo()
          .addKeyValue("reason", reason)
          .addKeyValue("records", gone.size())
          .addKeyValue("bytes", bytes(gone))
          .log("records removed from disk");
    }
    return gone;
  }

  /** Waits until the bytes of what was removed are free. */
  boolean awaitRemoved(Duration patience) throws InterruptedException {
    boolean all = true;
    for (Shelf shelf : shelves) {
      all &= shelf.awaitRemoved(patience);
    }
    return all;
  }

  private List<DiskRecord> apply(Policy policy, DiskMetric.Reason reason)
      throws InterruptedException {
    Map<String, Shelf> places = new HashMap<>();
    List<DiskRecord> records = new ArrayList<>();
    for (Shelf shelf : shelves) {
      for (DiskRecord record : shelf.records()) {
        places.put(record.id(), shelf);
        records.add(record);
      }
    }
    long pending = shelves.stream().mapToLong(Shelf::pendingBytes).sum();
    long excess = policy.excess(bytes(records), disk.free() + pending);
    if (excess == 0) {
      return List.of();
    }
    List<DiskRecord> order = Selection.inOrder(policy, Selection.lifted(records), clock.instant());
    List<DiskRecord> gone = new ArrayList<>();
    int next = 0;
    while (next < order.size() && bytes(gone) < excess) {
      if (next > 0 && reason == DiskMetric.Reason.POLICY) {
        Thread.sleep(REST);
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      List<DiskRecord> step = new ArrayList<>();
      for (long planned = bytes(gone);
          next < order.size() && step.size() < STEP && planned < excess;
          next++) {
        step.add(order.get(next));
        planned += order.get(next).size();
      }
      gone.addAll(remove(step, places, policy, reason));
    }
    return gone;
  }

  private List<DiskRecord> remove(
      List<DiskRecord> step, Map<String, Shelf> places, Policy policy, DiskMetric.Reason reason) {
    List<DiskRecord> gone = new ArrayList<>();
    for (Shelf shelf : shelves) {
      List<DiskRecord> ours =
          step.stream().filter(record -> places.get(record.id()) == shelf).toList();
      if (!ours.isEmpty()) {
        gone.addAll(policy.blobsOnly() ? shelf.dropBlobs(ours) : shelf.remove(ours));
      }
    }
    meters.add(DiskMetric.COLLECTED_RECORDS, gone.size(), reason);
    meters.add(DiskMetric.COLLECTED_BYTES, bytes(gone), reason);
    if (!gone.isEmpty() && !policy.blobsOnly()) {
      listeners.forEach(listener -> listener.accept(List.copyOf(gone)));
    }
    return gone;
  }

  static long bytes(List<DiskRecord> records) {
    return records.stream().mapToLong(DiskRecord::size).sum();
  }
}
