package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;

/**
 * The joined workers, in pools by what stages demand and by how loaded they are, so that choosing
 * one does not look at all of them. Owned by {@link SchedulerState}.
 */
final class Workforce {
  /**
   * A fully loaded worker is worth as much as fetching this many bytes: about two seconds of a
   * gigabit link. Below it spreading wins, above it staying with the bytes does.
   */
  private static final double BYTES_PER_LOAD = 256L << 20;

  /**
   * Holders that are weighed for one stage; when more workers hold its inputs, nearly any of them
   * is good.
   */
  private static final int MAX_HOLDERS_WEIGHED = 256;

  /**
   * Longest back-off is 2^4 times the first: a worker whose disk or slots are free again is not
   * without work for longer than a person would notice.
   */
  private static final int MAX_DOUBLINGS = 4;

  private final long backoffNanos;
  private final Map<String, Worker> workers = new HashMap<>();

  /** One for each platform that a worker offers, and for each demand with labels that waits. */
  private final Map<Demand, Pool> pools = new HashMap<>();

  private final PriorityQueue<Worker> aside =
      new PriorityQueue<>(Comparator.comparingLong(worker -> worker.asideUntil));
  private int slots;

  Workforce(long backoffNanos) {
    this.backoffNanos = backoffNanos;
  }

  int size() {
    return workers.size();
  }

  int slots() {
    return slots;
  }

  boolean knows(String workerId) {
    return workers.containsKey(workerId);
  }

  void join(WorkerCapacity capacity) {
    Worker worker = new Worker(capacity);
    workers.put(capacity.workerId(), worker);
    slots += capacity.slots();
    for (Set<Platform> platforms :
        List.of(capacity.nativePlatforms(), capacity.emulatedPlatforms())) {
      platforms.forEach(platform -> pools.computeIfAbsent(Demand.of(platform), Pool::new));
    }
    pools.values().forEach(pool -> pool.enlist(worker));
    showRoom(worker);
  }

  /** The worker gets no more stages; nothing happens when it is not here. */
  void drain(String workerId) {
    Worker worker = workers.get(workerId);
    if (worker != null && !worker.isDraining) {
      hideRoom(worker);
      worker.isDraining = true;
      slots -= worker.capacity.slots();
      dismiss(worker);
    }
  }

  /** Removes the worker and returns the stages it had. */
  Collection<String> leave(String workerId) {
    Worker worker = workers.remove(workerId);
    if (worker == null) {
      return List.of();
    }
    aside.remove(worker);
    if (!worker.isDraining) {
      hideRoom(worker);
      slots -= worker.capacity.slots();
      dismiss(worker);
    }
    return worker.stages;
  }

  private void dismiss(Worker worker) {
    worker.nativePools.forEach(pool -> pool.natives--);
    worker.emulatedPools.forEach(pool -> pool.emulators--);
    worker.nativePools.clear();
    worker.emulatedPools.clear();
  }

  /** The workers for the demand. */
  Pool pool(Demand demand) {
    Pool known = pools.get(demand);
    if (known != null) {
      return known;
    }
    Pool pool = new Pool(demand);
    pools.put(demand, pool);
    for (Worker worker : workers.values()) {
      if (!worker.isDraining) {
        hideRoom(worker);
        pool.enlist(worker);
        showRoom(worker);
      }
    }
    return pool;
  }

  /** Gives up the pools of demands with labels that are not among these. */
  void keepPools(Set<Demand> demands) {
    pools
        .values()
        .removeIf(pool -> {
          boolean unused =
              (!pool.demand.labels().isEmpty() || pool.isEmpty()) && !demands.contains(pool.demand);
          if (unused && !pool.isEmpty()) {
            for (Worker worker : workers.values()) {
              worker.nativePools.remove(pool);
              worker.emulatedPools.remove(pool);
            }
          }
          return unused;
        });
  }

  /** Platforms that some joined worker runs, natively or not. */
  Set<Platform> offered() {
    Set<Platform> offered = new TreeSet<>();
    pools.values().stream()
        .filter(pool -> !pool.isEmpty())
        .forEach(pool -> offered.add(pool.demand.platform()));
    return offered;
  }

  /**
   * Returns the best worker of the pool with a free slot for the stage; there must be room of that
   * kind.
   */
  String choose(StageRequest request, Pool pool, boolean natively) {
    Worker best = (natively ? pool.nativeRoom : pool.emulatedRoom).first();
    double bestScore = score(best, request.bytesByWorker().getOrDefault(best.id(), 0L));
    int weighed = 0;
    for (Map.Entry<String, Long> holding : request.bytesByWorker().entrySet()) {
      Worker holder = workers.get(holding.getKey());
      if (holder != null && pool.hasRoom(holder, natively)) {
        double score = score(holder, holding.getValue());
        if (score > bestScore || (score == bestScore && holder.id().compareTo(best.id()) < 0)) {
          best = holder;
          bestScore = score;
        }
        if (++weighed == MAX_HOLDERS_WEIGHED) {
          break;
        }
      }
    }
    return best.id();
  }

  void occupy(String workerId, String stageId) {
    Worker worker = workers.get(workerId);
    hideRoom(worker);
    worker.stages.add(stageId);
    worker.used++;
    showRoom(worker);
  }

  /** The stage is over: the worker is in good health and has what another may have lacked. */
  void release(String workerId, String stageId) {
    Worker worker = workers.get(workerId);
    hideRoom(worker);
    worker.stages.remove(stageId);
    worker.used--;
    worker.refusals = 0;
    if (worker.isAside) {
      aside.remove(worker);
      worker.isAside = false;
    }
    showRoom(worker);
  }

  /** The worker refused the stage: it gets none for a while. */
  void setAside(String workerId, String stageId, long nowNanos) {
    Worker worker = workers.get(workerId);
    hideRoom(worker);
    aside.remove(worker);
    worker.stages.remove(stageId);
    worker.used--;
    worker.asideUntil = nowNanos + (backoffNanos << Math.min(worker.refusals, MAX_DOUBLINGS));
    worker.refusals++;
    worker.isAside = true;
    aside.add(worker);
  }

  /** Takes back the workers whose time aside is over. */
  void readmit(long nowNanos) {
    while (!aside.isEmpty() && aside.peek().asideUntil - nowNanos <= 0) {
      Worker worker = aside.remove();
      worker.isAside = false;
      showRoom(worker);
    }
  }

  /** When the next worker comes back; {@code otherwise} when none is aside. */
  long nextReadmission(long otherwise) {
    Worker next = aside.peek();
    return next == null ? otherwise : next.asideUntil;
  }

  private static double score(Worker worker, long bytesHeld) {
    return bytesHeld - BYTES_PER_LOAD * worker.load();
  }

  private static void showRoom(Worker worker) {
    if (worker.hasRoom()) {
      worker.nativePools.forEach(pool -> pool.nativeRoom.add(worker));
      worker.emulatedPools.forEach(pool -> pool.emulatedRoom.add(worker));
    }
  }

  /** The sets are ordered by load: call before the load changes. */
  private static void hideRoom(Worker worker) {
    if (worker.hasRoom()) {
      worker.nativePools.forEach(pool -> pool.nativeRoom.remove(worker));
      worker.emulatedPools.forEach(pool -> pool.emulatedRoom.remove(worker));
    }
  }
}
