package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The joined workers, indexed by the platforms they offer and by how loaded they are, so that
 * choosing one does not look at all of them. Owned by {@link SchedulerState}.
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

  /** Longest back-off is 2^6 times the first. */
  private static final int MAX_DOUBLINGS = 6;

  private static final Comparator<Worker> LEAST_LOADED_FIRST =
      Comparator.comparingDouble(Worker::load)
          .thenComparingInt(worker -> worker.used - worker.capacity.slots())
          .thenComparing(Worker::id);

  private final long backoffNanos;
  private final Map<String, Worker> workers = new HashMap<>();
  private final Map<Platform, Integer> offers = new HashMap<>();
  private final Map<Platform, TreeSet<Worker>> nativeRoom = new HashMap<>();
  private final Map<Platform, TreeSet<Worker>> emulatedRoom = new HashMap<>();
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

  void join(WorkerCapacity capacity) {
    Worker worker = new Worker(capacity);
    workers.put(capacity.workerId(), worker);
    slots += capacity.slots();
    worker.platforms().forEach(platform -> offers.merge(platform, 1, Integer::sum));
    showRoom(worker);
  }

  /** Removes the worker and returns the stages it had. */
  Collection<String> leave(String workerId) {
    Worker worker = workers.remove(workerId);
    if (worker == null) {
      return List.of();
    }
    hideRoom(worker);
    aside.remove(worker);
    slots -= worker.capacity.slots();
    worker
        .platforms()
        .forEach(platform ->
            offers.computeIfPresent(platform, (_, count) -> count == 1 ? null : count - 1));
    return worker.stages;
  }

  /** Platforms that some joined worker runs, natively or not. */
  Set<Platform> offered() {
    return offers.keySet();
  }

  boolean hasRoom(Platform platform) {
    return nativeRoom.containsKey(platform) || emulatedRoom.containsKey(platform);
  }

  /** Returns the best worker with a free slot for the stage; there must be room. */
  String choose(StageRequest request) {
    Platform platform = request.platform();
    boolean natively = nativeRoom.containsKey(platform);
    Worker best = (natively ? nativeRoom : emulatedRoom).get(platform).first();
    double bestScore = score(best, request.bytesByWorker().getOrDefault(best.id(), 0L));
    int weighed = 0;
    for (Map.Entry<String, Long> holding : request.bytesByWorker().entrySet()) {
      Worker holder = workers.get(holding.getKey());
      if (holder != null && holder.hasRoom() && holder.offers(platform, natively)) {
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

  /** The stage is over: the worker is in good health. */
  void release(String workerId, String stageId) {
    Worker worker = workers.get(workerId);
    hideRoom(worker);
    worker.stages.remove(stageId);
    worker.used--;
    worker.refusals = 0;
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

  private void showRoom(Worker worker) {
    if (!worker.hasRoom()) {
      return;
    }
    worker.capacity.nativePlatforms().forEach(platform -> add(nativeRoom, platform, worker));
    worker.capacity.emulatedPlatforms().forEach(platform -> add(emulatedRoom, platform, worker));
  }

  /** The sets are ordered by load: call before the load changes. */
  private void hideRoom(Worker worker) {
    if (!worker.hasRoom()) {
      return;
    }
    worker.capacity.nativePlatforms().forEach(platform -> remove(nativeRoom, platform, worker));
    worker.capacity.emulatedPlatforms().forEach(platform -> remove(emulatedRoom, platform, worker));
  }

  private static void add(Map<Platform, TreeSet<Worker>> room, Platform platform, Worker worker) {
    room.computeIfAbsent(platform, _ -> new TreeSet<>(LEAST_LOADED_FIRST)).add(worker);
  }

  private static void remove(
      Map<Platform, TreeSet<Worker>> room, Platform platform, Worker worker) {
    @Nullable TreeSet<Worker> set = room.get(platform);
    if (set != null && set.remove(worker) && set.isEmpty()) {
      room.remove(platform);
    }
  }

  private static final class Worker {
    final WorkerCapacity capacity;
    final Set<String> stages = new HashSet<>();
    int used;
    int refusals;
    boolean isAside;
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
      return used < capacity.slots() && !isAside;
    }

    boolean offers(Platform platform, boolean natively) {
      return (natively ? capacity.nativePlatforms() : capacity.emulatedPlatforms())
          .contains(platform);
    }

    Set<Platform> platforms() {
      Set<Platform> all = new HashSet<>(capacity.nativePlatforms());
      all.addAll(capacity.emulatedPlatforms());
      return all;
    }
  }
}
