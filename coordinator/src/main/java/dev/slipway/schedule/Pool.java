package dev.slipway.schedule;

import java.util.Comparator;
import java.util.TreeSet;

/**
 * The workers that can meet one demand, those with room by how loaded they are. Owned by {@link
 * Workforce}.
 */
final class Pool {
  private static final Comparator<Worker> LEAST_LOADED_FIRST =
      Comparator.comparingDouble(Worker::load)
          .thenComparingInt(worker -> worker.used - worker.capacity.slots())
          .thenComparing(Worker::id);

  final Demand demand;
  final TreeSet<Worker> nativeRoom = new TreeSet<>(LEAST_LOADED_FIRST);
  final TreeSet<Worker> emulatedRoom = new TreeSet<>(LEAST_LOADED_FIRST);

  /** Workers with room or without. */
  int natives;

  int emulators;

  Pool(Demand demand) {
    this.demand = demand;
  }

  boolean isEmpty() {
    return natives + emulators == 0;
  }

  /** Counts the worker in if it can meet the demand; shows no room yet. */
  void enlist(Worker worker) {
    if (!demand.isMetBy(worker.capacity.labels())) {
      return;
    }
    if (worker.capacity.nativePlatforms().contains(demand.platform())) {
      natives++;
      worker.nativePools.add(this);
    } else if (worker.capacity.emulatedPlatforms().contains(demand.platform())) {
      emulators++;
      worker.emulatedPools.add(this);
    }
  }

  /** Whether the worker's room is to be had for a stage, natively or not as asked. */
  boolean hasRoom(Worker worker, boolean natively) {
    return worker.hasRoom()
        && (natively ? worker.nativePools : worker.emulatedPools).contains(this);
  }
}
