package dev.slipway.schedule;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A joined worker and what it is doing. Owned by {@link Workforce}. */
final class Worker {
  final WorkerCapacity capacity;
  final Set<String> stages = new HashSet<>();
  final List<Pool> nativePools = new ArrayList<>(2);
  final List<Pool> emulatedPools = new ArrayList<>(2);

  /** May be more than it has slots, for a moment after another queue's stages were adopted. */
  int used;

  int refusals;
  boolean isAside;
  boolean isDraining;
  long asideUntil;

  Worker(WorkerCapacity capacity) {
    this.capacity = capacity;
  }

  String id() {
    return capacity.workerId();
  }

  double load() {
    return (double) used / capacity.slots();
  }

  boolean hasRoom() {
    return used < capacity.slots() && !isAside && !isDraining;
  }
}
