package dev.slipway.solve;

import com.google.protobuf.Timestamp;
import dev.slipway.cache.LayerChain;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.StageListener;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.plan.Stage;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.MovedBytes;
import dev.slipway.progress.StageNews;
import dev.slipway.protocol.worker.ContentDigest;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.StepDone;
import dev.slipway.protocol.worker.StepResult;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.schedule.Scheduler;
import dev.slipway.telemetry.BuildLog;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.QueueMetric;
import dev.slipway.tracing.Trace;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One stage on its way: in the queue, on a worker, over. Called by the scheduler's loop and by the
 * fleet's readers, so nothing here blocks but the dispatch, which has a thread of its own.
 * Everything that matters to the build goes to the driver as an event.
 */
final class StageRun implements Scheduler.Listener {
  /** Makes the order for the worker once it is known; may block. */
  interface Assignment {
    Order describe(StageRun run, String workerId) throws SlipwayException, InterruptedException;
  }

  /**
   * What the worker is sent, and what the stage may connect to by the tokens in it. Has secrets in
   * it: never written anywhere.
   */
  record Order(RunStage message, Map<String, Fleet.Connecting> connections) {
    @Override
    public String toString() {
      return "order of " + message.getStageId();
    }
  }

  /** A cancelled container is killed by then, or the worker is out of reach. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(15);

  final String id;
  final Stage stage;
  final Map<Digest, Flight> flights;
  final StageMounts mounts;

  /** Held from before the stage is placed until the driver knows that it is over. */
  final StageLocks locks;

  final Instant submittedAt;
  private final VertexProgress progress;
  private final Scheduler scheduler;
  private final Fleet fleet;
  private final Clock clock;
  private final Meters meters;
  private final BuildContext build;
  private final BuildReport report;
  private final Assignment assignment;
  private final Consumer<SolveEvent> driver;
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Refusals refusals = new Refusals();
  private volatile String workerId = "";
  private volatile String workerName = "";
  private volatile Instant waitsSince;

  /** Of its turn at the worker that has it. */
  private volatile Trace turn = Trace.OFF;

  StageRun(
      BuildContext build,
      String id,
      Stage stage,
      Map<Digest, Flight> flights,
      StageMounts mounts,
      StageLocks locks,
      VertexProgress progress,
      SolveParts parts,
      Assignment assignment,
      Consumer<SolveEvent> driver) {
    this.id = id;
    this.stage = stage;
    this.flights = Map.copyOf(flights);
    this.mounts = mounts;
    this.locks = locks;
    this.progress = progress;
    this.scheduler = parts.scheduler();
    this.fleet = parts.fleet();
    this.clock = parts.clock();
    this.meters = parts.meters();
    this.build = build;
    this.report = parts.report();
    this.submittedAt = clock.instant();
    this.waitsSince = submittedAt;
    this.assignment = assignment;
    this.driver = driver;
  }

  /** The worker that runs or ran it; empty before it was placed. */
  String workerId() {
    return workerId;
  }

  /** Says that it wants a worker. */
  void queued() {
    news(
        new StageNews.Queued(
            id,
            submittedAt,
            stage.steps().stream().map(Vertex::digest).toList(),
            stage.platform().map(Platform::id).orElse("")));
  }

  /** Takes its locks; the driver hears when it has them. */
  void lock() {
    Digest first = stage.steps().getFirst().digest();
    locks.take(
        mount -> waitsFor("waiting for cache mount " + mount + ", which another step has locked"),
        () -> {
          progress.waited(first);
          driver.accept(new SolveEvent.LocksTaken(this));
        },
        failure -> end(new SolveEvent.StageUnplaceable(this, failure)));
  }

  /**
   * Ends it wherever it is; what it still reports is for nobody. Its locks are given back when the
   * worker has ended it, or should have.
   */
  void cancel() {
    cancelled.set(true);
    scheduler.withdraw(id);
    String worker = workerId;
    if (!worker.isEmpty()) {
      fleet.cancel(worker, id);
    }
    if (locks.isEmpty()) {
      return;
    }
    if (worker.isEmpty() || ended.get()) {
      locks.close();
    } else {
      Thread.ofVirtual().name("unlock-" + id).start(this::unlockLater);
    }
  }

  /** The worker may be gone without a word. */
  private void unlockLater() {
    try {
      Thread.sleep(END_PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    locks.close();
  }

  @Override
  public void assigned(String worker) {
    workerId = worker;
    workerName = nameOf(worker);
    progress.waited(stage.steps().getFirst().digest());
    build.trace().child("queue wait", waitsSince).with("stage", id).close();
    turn = build.trace().child("stage").with("stage", id).with("worker", workerName());
    line()
        .addKeyValue("worker", workerName())
        .addKeyValue("waitedMillis", Duration.between(submittedAt, clock.instant()).toMillis())
        .log("stage placed");
    news(new StageNews.Placed(id, clock.instant(), workerName()));
    Thread.ofVirtual().name("dispatch-" + id).start(() -> dispatch(worker));
  }

  @Override
  public void waiting(int ahead, String reason) {
    String place =
        ahead == 0 ? "next in turn" : ahead + (ahead == 1 ? " stage" : " stages") + " ahead";
    String text =
        reason.isEmpty()
            ? "waiting for a worker, " + place
            : "waiting: " + reason + (ahead == 0 ? "" : ", " + place);
    waitsFor(text);
  }

  private void waitsFor(String text) {
    progress.waiting(stage.steps().getFirst().digest(), text);
    news(new StageNews.Waiting(id, clock.instant(), text));
  }

  private void news(StageNews news) {
    report.stage(build.buildId(), news);
  }

  /** The queue has given the stage up; where the worker can still be reached it stops there. */
  @Override
  public void lost(String worker) {
    fleet.cancel(worker, id);
    end(new SolveEvent.StageLost(this, worker));
  }

  @Override
  public void failed(SlipwayException reason) {
    end(new SolveEvent.StageUnplaceable(this, reason));
  }

  private void dispatch(String worker) {
    try {
      Order order = assignment.describe(this, worker);
      if (cancelled.get()) {
        scheduler.finished(id);
        locks.close();
        return;
      }
      String traceparent = turn.traceparent();
      fleet.run(
          worker,
          order.message().toBuilder().setTraceparent(traceparent).build(),
          new AtWorker(worker),
          order.connections());
      if (cancelled.get()) {
        fleet.cancel(worker, id);
      }
    } catch (SlipwayException e) {
      if (e.kind() == ErrorKind.UNAVAILABLE && fleet.worker(worker).isEmpty()) {
        // Whoever placed it sees a worker that this coordinator does not: another one will do.
        scheduler.refused(id, "the worker is not linked to this coordinator");
        return;
      }
      scheduler.finished(id);
      end(new SolveEvent.StageUnplaceable(this, e));
    } catch (InterruptedException e) {
      scheduler.finished(id);
      end(new SolveEvent.StageLost(this, worker));
    } catch (RuntimeException e) {
      scheduler.finished(id);
      end(
          new SolveEvent.StageUnplaceable(
              this,
              new SlipwayException(
                  ErrorKind.INTERNAL, "dispatch of a stage to " + worker + " failed: " + e, e)));
    }
  }

  private final class AtWorker implements StageListener {
    private final String worker;

    AtWorker(String worker) {
      this.worker = worker;
    }

    @Override
    public void event(StageEvent event) {
      StageRun.this.event(event);
    }

    @Override
    public void outcome(StageOutcome outcome) {
      if (outcome.hasRefused() && !cancelled.get()) {
        refused(outcome.getRefused().getReason());
        return;
      }
      scheduler.finished(id);
      end(new SolveEvent.StageEnded(StageRun.this, outcome));
    }

    @Override
    public void lost() {
      scheduler.finished(id);
      end(new SolveEvent.StageLost(StageRun.this, worker));
    }
  }

  private void refused(String reason) {
    meters.count(QueueMetric.STAGES_REFUSED);
    waitsSince = clock.instant();
    turn.fail("given back: " + reason);
    turn.close();
    line()
        .addKeyValue("worker", workerName())
        .addKeyValue("reason", reason)
        .log("stage given back");
    Optional<SlipwayException> verdict = refusals.add(workerName(), reason, clock.instant());
    if (verdict.isPresent()) {
      scheduler.finished(id);
      end(new SolveEvent.StageUnplaceable(this, verdict.get()));
      return;
    }
    Digest first = stage.steps().getFirst().digest();
    progress.started(first);
    progress.note(first, "given back by " + workerName() + ": " + reason);
    news(
        new StageNews.Waiting(
            id, clock.instant(), "given back by " + workerName() + ": " + reason));
    scheduler.refused(id, reason);
  }

  private void end(SolveEvent event) {
    if (ended.compareAndSet(false, true)) {
      measure(event);
      driver.accept(event);
    }
    if (cancelled.get()) {
      locks.close(); // the driver is gone
    }
  }

  /** Here and not at the driver, which may have all its results and be gone. */
  private void measure(SolveEvent event) {
    switch (event) {
      case SolveEvent.StageEnded(_, StageOutcome outcome) ->
          ended(
              switch (outcome.getOutcomeCase()) {
                case SUCCEEDED -> QueueMetric.StageOutcome.SUCCEEDED;
                case FAILED -> QueueMetric.StageOutcome.FAILED;
                case LAYERS_UNAVAILABLE -> QueueMetric.StageOutcome.LAYERS_UNAVAILABLE;
                case FAULT -> QueueMetric.StageOutcome.LOST;
                case REFUSED, CANCELLED, OUTCOME_NOT_SET -> QueueMetric.StageOutcome.CANCELLED;
              });
      case SolveEvent.StageLost _ -> ended(QueueMetric.StageOutcome.LOST);
      case SolveEvent.StageUnplaceable(_, SlipwayException reason) -> {
        line().addKeyValue("reason", reason.getMessage()).log("stage given up");
        news(new StageNews.Ended(id, clock.instant(), "given up"));
      }
      case SolveEvent.StepDone _,
          SolveEvent.LocksTaken _,
          SolveEvent.PartDigested _,
          SolveEvent.NestedDone _,
          SolveEvent.NestedFailed _,
          SolveEvent.FlightEnded _ -> {}
    }
  }

  private void ended(QueueMetric.StageOutcome outcome) {
    Duration took = Duration.between(submittedAt, clock.instant());
    meters.count(QueueMetric.STAGES, outcome);
    meters.record(QueueMetric.STAGE_SECONDS, took, outcome);
    if (outcome != QueueMetric.StageOutcome.SUCCEEDED) {
      turn.fail(outcome.name());
    }
    turn.close();
    line()
        .addKeyValue("worker", workerName())
        .addKeyValue("outcome", outcome)
        .addKeyValue("millis", took.toMillis())
        .log("stage ended");
    news(
        new StageNews.Ended(
            id, clock.instant(), outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ')));
  }

  /** Not on the build's own thread, whose lines have the trace by themselves. */
  private LoggingEventBuilder line() {
    LoggingEventBuilder line = BuildLog.event(build.buildId()).addKeyValue("stage", id);
    String trace = build.trace().id();
    return trace.isEmpty() ? line : line.addKeyValue("trace", trace);
  }

  private void event(StageEvent event) {
    Digest vertex = new Digest(event.getVertex());
    switch (event.getEventCase()) {
      case STARTED -> {
        publish(event);
        if (fleet.workers().size() > 1) {
          note(event, "on " + workerName() + emulation());
        }
      }
      case LOG, STATUS -> publish(event);
      case DONE ->
          driver.accept(
              new SolveEvent.StepDone(
                  this,
                  vertex,
                  results(event.getDone()),
                  event.getDone().getContentsList().stream()
                      .collect(
                          Collectors.toMap(
                              ContentDigest::getInput, ContentDigest::getDigest, (one, _) -> one)),
                  event.getDone().getCacheMountsList(),
                  moved(event.getDone().getMoved()),
                  Duration.ofMillis(event.getDone().getDurationMillis())));
      case EVENT_NOT_SET -> {}
    }
  }

  /** Shows it to the stage's own build and to whoever waits for the step. */
  private void publish(StageEvent event) {
    Digest vertex = new Digest(event.getVertex());
    new StepWatcher(progress, vertex, clock, _ -> {}).news(event);
    Flight flight = flights.get(vertex);
    if (flight != null) {
      flight.publish(event);
    }
  }

  /** A sub-line without bytes. */
  private void note(StageEvent about, String text) {
    Instant now = clock.instant();
    Timestamp time =
        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()).build();
    publish(
        about.toBuilder()
            .setStatus(StepStatus.newBuilder().setId(text).setStarted(time).setCompleted(time))
            .build());
  }

  /** What a person should know of the place beside its name. */
  private String emulation() {
    return stage
        .platform()
        .filter(platform ->
            fleet
                .worker(workerId)
                .filter(node -> !node.nativePlatforms().contains(platform))
                .isPresent())
        .map(platform -> ", which emulates " + platform)
        .orElse("");
  }

  /** The name that a person gave the worker, else its id; also when it is gone. */
  String workerName() {
    return workerName;
  }

  private String nameOf(String worker) {
    return fleet
        .worker(worker)
        .map(node -> node.labels().getOrDefault("dev.slipway.worker.name", node.id()))
        .orElse(worker);
  }

  private static MovedBytes moved(dev.slipway.protocol.worker.MovedBytes moved) {
    return new MovedBytes(
        Math.max(0, moved.getPeers()),
        Math.max(0, moved.getRegistries()),
        Math.max(0, moved.getCoordinator()));
  }

  private static Map<Integer, LayerChain> results(StepDone done) {
    Map<Integer, LayerChain> results = new HashMap<>();
    for (StepResult result : done.getResultsList()) {
      results.put(
          result.getOutput(),
          new LayerChain(result.getChainList().stream().map(HeldLayer::getLayerId).toList()));
    }
    return results;
  }
}
