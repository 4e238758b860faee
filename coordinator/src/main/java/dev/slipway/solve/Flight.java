package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.cluster.Lease;
import dev.slipway.protocol.worker.StageEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One step that runs now, and who waits for it. Its news reach the waiters in order; one who comes
 * late hears what has happened so far first. @ThreadSafe; its monitor guards everything, also while
 * waiters are told, so they must not block.
 */
final class Flight {
  private final FlightLog log = new FlightLog();
  private final List<Waiter> waiters = new ArrayList<>();
  private @Nullable Outcome outcome;
  private @Nullable Lease lease;
  private @Nullable Thread follower;

  /** How it ended for those who waited. */
  sealed interface Outcome {
    /** The results by output. */
    record Landed(Map<Integer, LayerChain> results) implements Outcome {}

    /** The user's own failure: it would fail for everybody. */
    record Failed(String message, int exitCode) implements Outcome {}

    /** Whoever ran it gave up; somebody else may take it. */
    record Abandoned() implements Outcome {}
  }

  /** Hears of a flight; must not block. */
  interface Waiter {
    /** It started, wrote or moved something. */
    void news(StageEvent event);

    /** The last call. */
    void ended(Outcome outcome);
  }

  /** From now on the waiter hears of the flight, beginning with what it missed. */
  synchronized void join(Waiter waiter) {
    log.replay(waiter::news);
    if (outcome != null) {
      waiter.ended(outcome);
    } else {
      waiters.add(waiter);
    }
  }

  /**
   * The waiter hears nothing more. A flight of another coordinator's is not followed for nobody.
   */
  synchronized void leave(Waiter waiter) {
    waiters.remove(waiter);
    if (waiters.isEmpty() && follower != null) {
      follower.interrupt();
    }
  }

  synchronized boolean isAwaited() {
    return !waiters.isEmpty();
  }

  synchronized void publish(StageEvent event) {
    if (outcome == null) {
      log.add(event);
      waiters.forEach(waiter -> waiter.news(event));
    }
  }

  /** Tells all waiters, once. */
  synchronized void end(Outcome end) {
    if (outcome == null) {
      outcome = end;
      waiters.forEach(waiter -> waiter.ended(end));
      waiters.clear();
    }
  }

  /** The step runs here, under that lease. */
  synchronized void holds(Lease own) {
    lease = own;
  }

  /** The lease under which it runs here, if other coordinators may know of it. */
  synchronized Optional<Lease> lease() {
    return Optional.ofNullable(lease);
  }

  /** The step runs at another coordinator, and that thread passes its news on. */
  synchronized void followedBy(Thread thread) {
    follower = thread;
  }

  /** Whether it runs at another coordinator. */
  synchronized boolean isFollowed() {
    return follower != null;
  }
}
