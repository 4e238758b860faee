package dev.slipway.fleet;

import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.SoleCopies.SoleCopy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the workers that stay fetch what only a leaving one has. One coordinator of the farm does
 * it, the oldest. How long it may take is for the leaving worker to say: it goes when its patience
 * ends. @ThreadSafe
 */
public final class FarmHandOver implements HandOver {
  private static final Logger LOG = LoggerFactory.getLogger(FarmHandOver.class);

  /** Things on their way at once: the leaving worker's link is what they share. */
  private static final int MAX_FETCHES = 8;

  private static final Duration POLL = Duration.ofMillis(50);

  /**
   * A stage's last result stands in the index this much later than its worker says that it is idle,
   * as another coordinator may have to write it.
   */
  private static final Duration SETTLE = Duration.ofMillis(300);

  private final FarmFleet fleet;
  private final List<SoleCopies> kinds;
  private final BooleanSupplier isOldest;

  /**
   * @param kinds what there is to hand over; they take turns, so that much of one is not the end of
   *     the others
   * @param isOldest whether this coordinator is the one that does it
   */
  public FarmHandOver(FarmFleet fleet, List<SoleCopies> kinds, BooleanSupplier isOldest) {
    this.fleet = fleet;
    this.kinds = List.copyOf(kinds);
    this.isOldest = isOldest;
  }

  @Override
  public void from(WorkerNode leaving) throws InterruptedException {
    if (!isOldest.getAsBoolean()) {
      return;
    }
    Set<String> tried = new HashSet<>();
    AtomicInteger moved = new AtomicInteger();
    boolean wasBusy = isBusy(leaving);
    handOver(leaving, tried, moved);
    while (isBusy(leaving) && isWorthIt(leaving)) {
      Thread.sleep(POLL);
    }
    if (wasBusy) {
      Thread.sleep(SETTLE);
      handOver(leaving, tried, moved);
    }
    LOG.atInfo()
        .addKeyValue("worker", leaving.id())
        .addKeyValue("tried", tried.size())
        .addKeyValue("moved", moved.get())
        .log("what only a leaving worker had was handed over");
  }

  private boolean isBusy(WorkerNode worker) {
    return fleet.status(worker.id()).filter(status -> status.runningStages() > 0).isPresent();
  }

  /** Whether the worker is still there, and others that stay. */
  private boolean isWorthIt(WorkerNode leaving) {
    return fleet.status(leaving.id()).isPresent() && !staying().isEmpty();
  }

  /** Those with the most room first. */
  private List<WorkerNode> staying() {
    return fleet.workers().stream()
        .filter(node -> fleet.status(node.id()).filter(status -> !status.draining()).isPresent())
        .sorted(Comparator.comparingLong(this::free).reversed())
        .toList();
  }

  private long free(WorkerNode node) {
    return fleet.status(node.id()).map(WorkerStatus::freeBytes).orElse(0L);
  }

  private void handOver(WorkerNode leaving, Set<String> tried, AtomicInteger moved)
      throws InterruptedException {
    if (!isWorthIt(leaving)) {
      return;
    }
    List<SoleCopy> copies = inTurns(leaving);
    copies.removeIf(copy -> !tried.add(copy.id()));
    CountDownLatch open = new CountDownLatch(copies.size());
    Semaphore places = new Semaphore(MAX_FETCHES);
    List<Thread> fetches = new ArrayList<>();
    try {
      for (SoleCopy copy : copies) {
        while (!places.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
          if (!isWorthIt(leaving)) {
            return;
          }
        }
        Thread fetch =
            Thread.ofVirtual()
                .name("hand-over-" + copy.id())
                .unstarted(() -> {
                  try {
                    if (give(leaving, copy)) {
                      moved.incrementAndGet();
                    }
                  } finally {
                    places.release();
                    open.countDown();
                  }
                });
        fetches.add(fetch);
        fetch.start();
      }
      while (!open.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        if (!isWorthIt(leaving)) {
          return;
        }
      }
    } finally {
      fetches.forEach(Thread::interrupt);
    }
  }

  /** What there is of all kinds: the first of each, then the second of each. */
  private List<SoleCopy> inTurns(WorkerNode leaving) {
    Set<String> staying = staying().stream().map(WorkerNode::id).collect(Collectors.toSet());
    List<Iterator<SoleCopy>> left = new ArrayList<>();
    kinds.forEach(kind -> left.add(kind.at(leaving, staying).iterator()));
    List<SoleCopy> all = new ArrayList<>();
    while (!left.isEmpty()) {
      left.removeIf(kind -> !kind.hasNext());
      left.forEach(kind -> all.add(kind.next()));
    }
    return all;
  }

  /** Returns whether a worker has it now; several are asked, one after the other. */
  private boolean give(WorkerNode leaving, SoleCopy copy) {
    List<WorkerNode> takers = staying().stream().filter(node -> hasRoom(node, copy)).toList();
    // Each time another worker comes first, so that what is handed over is spread.
    int first = takers.isEmpty() ? 0 : Math.floorMod(copy.id().hashCode(), takers.size());
    for (int i = 0; i < takers.size(); i++) {
      WorkerNode taker = takers.get((first + i) % takers.size());
      try {
        copy.taking().by(taker);
        return true;
      } catch (SlipwayException e) {
        LOG.atWarn()
            .addKeyValue("what", copy.id())
            .addKeyValue("from", leaving.id())
            .addKeyValue("to", taker.id())
            .addKeyValue("reason", e.getMessage())
            .log("not taken over from a leaving worker");
      } catch (InterruptedException _) {
        return false;
      }
    }
    return false;
  }

  /** A disk is left with as much as it is given. Nobody knows yet how much a new worker has. */
  private boolean hasRoom(WorkerNode node, SoleCopy copy) {
    long free = free(node);
    return free == 0 || copy.room() <= free / 2;
  }
}
