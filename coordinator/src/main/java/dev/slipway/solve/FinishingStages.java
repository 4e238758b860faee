package dev.slipway.solve;

import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.StageOutcome;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stages of a build that was cancelled or has failed, which run on because other builds wait for
 * their steps: what they make is saved and passed on. They end when nobody has waited for a while;
 * a stage's time-out bounds them. Takes over the driver's state on a thread of its own, once the
 * driver has ended.
 */
final class FinishingStages {
  private static final Logger LOG = LoggerFactory.getLogger(FinishingStages.class);

  /** A build that got one step's result needs this long at most to come back for the next. */
  private static final int SECONDS_UNAWAITED = 5;

  private final Set<StageRun> running;
  private final BlockingQueue<SolveEvent> events;
  private final StepClaims claims;
  private final Consumer<SolveEvent.StepDone> landed;

  /**
   * @param landed saves the results and ends the flight
   */
  FinishingStages(
      Collection<StageRun> running,
      BlockingQueue<SolveEvent> events,
      StepClaims claims,
      Consumer<SolveEvent.StepDone> landed) {
    this.running = new HashSet<>(running);
    this.events = events;
    this.claims = claims;
    this.landed = landed;
  }

  /** Whether the stage is on a worker and somebody else waits for a step of it. */
  static boolean isWorthIt(StageRun run) {
    return !run.workerId().isEmpty() && run.flights.values().stream().anyMatch(Flight::isAwaited);
  }

  void start() {
    LOG.atInfo().addKeyValue("stages", running.size()).log("stages go on for other builds");
    Thread.ofVirtual().name("finishing-stages").start(this::run);
  }

  private void run() {
    int unawaited = 0;
    try {
      while (!running.isEmpty() && unawaited < SECONDS_UNAWAITED) {
        SolveEvent event = events.poll(1, TimeUnit.SECONDS);
        if (event != null) {
          handle(event);
        } else {
          unawaited = running.stream().anyMatch(FinishingStages::isWorthIt) ? 0 : unawaited + 1;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("stages that went on for other builds were given up");
    } finally {
      running.forEach(run -> {
        run.cancel();
        claims.abandon(run.flights);
      });
    }
  }

  private void handle(SolveEvent event) {
    switch (event) {
      case SolveEvent.StepDone done -> {
        if (running.contains(done.run())) {
          landed.accept(done);
        }
      }
      case SolveEvent.StageEnded(StageRun run, StageOutcome outcome) -> {
        if (outcome.hasFailed()) {
          run.mounts.used(run.workerId(), outcome.getFailed().getCacheMountsList());
          claims.end(
              run.flights,
              new Digest(outcome.getFailed().getVertex()),
              new Flight.Outcome.Failed(
                  outcome.getFailed().getMessage(), outcome.getFailed().getExitCode()));
        }
        over(run);
      }
      case SolveEvent.StageLost(StageRun run, _) -> over(run);
      case SolveEvent.StageUnplaceable(StageRun run, _) -> over(run);
      case SolveEvent.PartDigested _,
          SolveEvent.FlightEnded _,
          SolveEvent.NestedDone _,
          SolveEvent.NestedFailed _,
          SolveEvent.LocksTaken _ -> {}
    }
  }

  private void over(StageRun run) {
    if (running.remove(run)) {
      run.locks.close();
      claims.abandon(run.flights);
    }
  }
}
