package dev.slipway.solve;

import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.BuildGraph;
import dev.slipway.plan.Stage;
import dev.slipway.plan.StagePlanner;
import dev.slipway.progress.MovedBytes;
import dev.slipway.protocol.worker.StepFailed;
import dev.slipway.telemetry.BuildLog;
import dev.slipway.telemetry.CacheMetric;
import dev.slipway.telemetry.QueueMetric;
import dev.slipway.telemetry.QueueMetric.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one solve: one thread owns all state here and drains {@link SolveEvent}s; everybody else
 * only enqueues. In a loop: stages whose inputs exist are cut, claimed and submitted; results make
 * more inputs exist. What a lost worker took with it is made again.
 */
final class SolveRun {
  private static final Logger LOG = LoggerFactory.getLogger(SolveRun.class);

  /**
   * How often a step may be taken from a worker that failed under it; a step that kills three
   * workers is not tried on a fourth.
   */
  static final int MAX_ATTEMPTS = 4;

  private final BuildContext build;
  private final SolveParts parts;
  private final Flights flights;
  private final BuildMemory memory;
  private final BuildGraph graph;
  private final VertexProgress progress;
  private final BlockingQueue<SolveEvent> events = new LinkedBlockingQueue<>();
  private final Map<StageRun, StageMessages> running = new HashMap<>();
  private KeyedGraph keyed;
  private StepClaims claims;
  private Availability availability;
  private PartQuestions questions;
  private ContentKeys contents;
  private Retries retries;
  private Remaining remaining;
  private CoordinatorOps here;
  private final NestedBuilds nested;

  /**
   * @param depth how many build ops the solve is within
   * @param solver of what build ops find
   */
  SolveRun(
      BuildContext build,
      BuildGraph graph,
      BuildMemory memory,
      Flights flights,
      SolveParts parts,
      int depth,
      NestedBuilds.Solving solver) {
    this.build = build;
    this.graph = graph;
    this.memory = memory;
    this.flights = flights;
    this.parts = parts;
    this.progress = memory.progress();
    this.nested = new NestedBuilds(build, parts, depth, solver, events::add);
  }

  List<SolvedResult> run() throws SlipwayException, InterruptedException {
    graph.inOrder().forEach(progress::announce);
    StepPermissions.check(graph, build.rights());
    UnknownSources.refuse(graph, parts.sources());
    Map<Digest, ContextTree> trees = memory.trees(graph, parts.sources(), build);
    // A step may come to read it only after others have run for an hour.
    trees.values().forEach(tree -> parts.trees().keep(build.buildId(), tree));
    Map<Digest, Digest> images = memory.imageDigests(graph, parts.sources(), build);
    keyed = new KeyedGraph(graph, build.rights().trust().domain(), trees, images);
    parts.observer().keyed(build.buildId(), keyed.ingredients(build.tenant()));
    claims = new StepClaims(flights, keyed, build);
    availability = new Availability(parts.index());
    questions = new PartQuestions(parts, build, events::add);
    contents = new ContentKeys(keyed, parts.index(), availability, questions);
    remaining = new Remaining(build, keyed, availability, contents, memory, parts);
    here =
        new CoordinatorOps(
            build,
            keyed,
            remaining,
            contents,
            availability,
            new ChainOps(build, keyed, memory, parts.trees()),
            nested,
            parts);
    retries = new Retries(parts.index(), parts.fleet(), availability);
    try {
      // Results of an earlier solve of the same build hold without looking, so that a step told not
      // to use the cache still runs once.
      memory.recall(keyed.all());
      availability.lookUp(keyed.all());
      remaining.need();
      while (!remaining.over()) {
        launch();
        if (!remaining.over()) {
          refuseToStall();
          if (events.isEmpty()) {
            memory.holds().flush();
          }
          handle(events.take());
        }
      }
      memory.remember(keyed.all());
      memory.holds().flush();
      return SolvedResult.of(keyed, trees);
    } finally {
      abandon();
    }
  }

  /** With nothing running anywhere no event can come: a defect, and better told than waited out. */
  private void refuseToStall() throws SlipwayException {
    boolean elsewhere = false;
    for (VertexWork work : keyed.all()) {
      elsewhere |= work.state == VertexWork.State.ELSEWHERE;
    }
    if (events.isEmpty()
        && running.isEmpty()
        && !elsewhere
        && !contents.isAsking()
        && !nested.isRunning()) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "solve of build "
              + build.buildId()
              + " stalled: steps wait and none runs; please report it");
    }
  }

  /** Submits whatever can run; looks again when the cache turned out to know a step after all. */
  private void launch() throws SlipwayException, InterruptedException {
    boolean again = true;
    while (again) {
      again = contents.lookUp() || here.decide();
      if (!again) {
        for (Stage stage : StagePlanner.ready(graph, remaining.wanted(), remaining::exists)) {
          again |= launch(stage);
        }
      }
      if (again) {
        remaining.forgetWaiting();
        remaining.need();
      }
    }
  }

  /** Returns whether a step was found to be known. */
  private boolean launch(Stage stage) throws SlipwayException {
    StepClaims.Claim claim = claims.claim(stage);
    if (claim.elsewhere().isPresent()) {
      Digest first = stage.steps().getFirst().digest();
      keyed.of(first).state = VertexWork.State.ELSEWHERE;
      remaining.looked(keyed.of(first), CacheMetric.Lookup.SHARED);
      progress.waiting(first, "waiting for another build, which runs this step");
      claims.join(
          first,
          claim.elsewhere().get(),
          new StepWatcher(
              progress,
              first,
              parts.clock(),
              end -> events.add(new SolveEvent.FlightEnded(first, end))));
      return false;
    }
    if (landedMeanwhile(claim.mine())) {
      claims.abandon(claim.mine());
      return true;
    }
    submit(stage.first(claim.mine().size()), claim.mine());
    return false;
  }

  private void submit(Stage stage, Map<Digest, Flight> mine) throws StepFailure {
    PartReferences references = new PartReferences(parts.index(), parts.fleet());
    StageMessages messages =
        new StageMessages(
            keyed,
            new StageParts(stage, keyed, contents, retries, references),
            parts,
            build,
            memory.keepsFailures());
    StageMounts mounts = new StageMounts(stage, keyed, build, parts);
    mounts.discardOnce(memory.discardedMounts());
    StageRun run =
        new StageRun(
            build,
            "stage-" + UUID.randomUUID(),
            stage,
            mine,
            mounts,
            new StageLocks(parts.mounts().locks(), build.buildId(), mounts.locked()),
            progress,
            parts,
            messages::describe,
            events::add);
    for (Vertex step : stage.steps()) {
      VertexWork work = keyed.of(step.digest());
      work.state = VertexWork.State.RUNNING;
      remaining.runs(work);
    }
    running.put(run, messages);
    BuildLog.event(build.buildId())
        .addKeyValue("stage", run.id)
        .addKeyValue("tenant", build.tenant())
        .addKeyValue("steps", stage.steps().size())
        .addKeyValue("first", stage.steps().getFirst().digest())
        .log("stage queued");
    run.queued();
    if (run.locks.isEmpty()) {
      place(run);
    } else {
      run.lock();
    }
  }

  private void place(StageRun run) throws StepFailure {
    StageMessages messages = running.get(run);
    if (messages == null) {
      return; // given up while it waited for its locks
    }
    try {
      parts.scheduler().submit(messages.request(run, retries), run);
    } catch (SlipwayException e) {
      over(run);
      claims.abandon(run.flights);
      throw failure(run, run.stage.steps().getFirst(), e.getMessage(), 0, e.kind());
    }
  }

  private void over(StageRun run) {
    running.remove(run);
    run.locks.close();
  }

  /**
   * Whether another build has made some of it between the look-up and the claim: then nothing is
   * run twice.
   */
  private boolean landedMeanwhile(Map<Digest, Flight> mine) {
    List<VertexWork> claimed =
        mine.keySet().stream().map(keyed::of).filter(work -> work.reusable).toList();
    availability.lookUp(claimed);
    boolean known = false;
    for (VertexWork work : claimed) {
      Optional<CacheRecord> hit = availability.hit(work.key);
      if (hit.isPresent()) {
        remaining.cached(work, hit.get());
        known = true;
      }
    }
    return known;
  }

  private void handle(SolveEvent event) throws SlipwayException, InterruptedException {
    switch (event) {
      case SolveEvent.StepDone done -> stepDone(done);
      case SolveEvent.StageEnded ended -> stageEnded(ended);
      case SolveEvent.StageLost(StageRun run, String workerId) -> {
        LOG.atWarn()
            .addKeyValue("build", build.buildId())
            .addKeyValue("stage", run.id)
            .addKeyValue("worker", workerId)
            .log("stage lost with its worker");
        again(run, Retry.WORKER_LOST, run.workerName() + " left the farm");
      }
      case SolveEvent.LocksTaken(StageRun run) -> place(run);
      case SolveEvent.StageUnplaceable(StageRun run, SlipwayException reason) -> {
        over(run);
        claims.abandon(run.flights);
        throw failure(run, firstOpen(run), reason.getMessage(), 0, reason.kind());
      }
      case SolveEvent.PartDigested(String partId, Optional<String> digest) ->
          contents.answered(partId, digest);
      case SolveEvent.NestedDone(Digest vertex, LayerChain result) ->
          here.done(keyed.of(vertex), result);
      case SolveEvent.NestedFailed(Digest vertex, SlipwayException reason) -> {
        here.failed(keyed.of(vertex), reason);
        lookAgain();
      }
      case SolveEvent.FlightEnded(Digest vertex, Flight.Outcome outcome) ->
          flightEnded(vertex, outcome);
    }
  }

  private void stepDone(SolveEvent.StepDone done) {
    StageMessages messages = running.get(done.run());
    if (messages == null) {
      return; // the last words of a worker that was given up
    }
    done.run().mounts.used(done.run().workerId(), done.mounts());
    VertexWork work = keyed.of(done.vertex());
    work.done(done.results(), "");
    contents.finished(
        work,
        messages.digestsByPart(done.run(), work.vertex, done.contents()),
        messages.isFaithful(done.run(), work.vertex));
    parts.index().save(work.records(done.cost(), parts.clock().instant(), build.tenant()));
    for (LayerChain chain : done.results().values()) {
      availability.add(chain);
      memory.holds().keep(done.run().workerId(), chain.layers());
    }
    progress.completed(done.vertex());
    parts
        .observer()
        .made(
            build.buildId(),
            done.vertex(),
            done.run().workerName(),
            done.results().values().stream()
                .filter(chain -> !chain.layers().isEmpty())
                .map(chain -> chain.layers().getLast())
                .filter(layer -> layer.startsWith("snap:"))
                .toList());
    remaining.report(work.vertex, done.run().workerName(), done.cost(), done.moved());
    claims.end(done.run().flights, done.vertex(), new Flight.Outcome.Landed(done.results()));
  }

  private void stageEnded(SolveEvent.StageEnded ended)
      throws SlipwayException, InterruptedException {
    StageRun run = ended.run();
    switch (ended.outcome().getOutcomeCase()) {
      case SUCCEEDED -> {
        over(run);
        if (run.stage.steps().stream().anyMatch(this::isRunning)) {
          again(
              run,
              Retry.GIVEN_BACK,
              "worker " + run.workerName() + " reported success without all results");
        }
      }
      case FAILED -> {
        var failed = ended.outcome().getFailed();
        run.mounts.used(run.workerId(), failed.getCacheMountsList());
        over(run);
        Vertex vertex = graph.vertex(new Digest(failed.getVertex()));
        String message = StageMessages.failure(failed, parts.stageTimeout());
        if (!failed.getOfClient()) {
          claims.end(
              run.flights,
              vertex.digest(),
              new Flight.Outcome.Failed(message, failed.getExitCode()));
        }
        claims.abandon(run.flights);
        throw kept(
            failure(run, vertex, message, failed.getExitCode(), ErrorKind.INVALID),
            run,
            vertex,
            failed);
      }
      case LAYERS_UNAVAILABLE -> {
        var missing = ended.outcome().getLayersUnavailable();
        retries.inputsMissing(run, missing);
        again(run, Retry.LAYERS_UNAVAILABLE, missing.getMessage());
      }
      case FAULT -> {
        LOG.atWarn()
            .addKeyValue("build", build.buildId())
            .addKeyValue("worker", run.workerName())
            .addKeyValue("reason", ended.outcome().getFault().getMessage())
            .log("worker failed under a stage");
        again(run, Retry.WORKER_FAULT, ended.outcome().getFault().getMessage());
      }
      case REFUSED, CANCELLED, OUTCOME_NOT_SET -> {
        again(run, Retry.GIVEN_BACK, "the stage was given back by worker " + run.workerName());
      }
    }
  }

  /**
   * Gives the unfinished steps of the run back to the plan, and whatever results went away with a
   * worker.
   */
  private void again(StageRun run, Retry reason, String why)
      throws SlipwayException, InterruptedException {
    parts.meters().count(QueueMetric.STEPS_RETRIED, reason);
    over(run);
    claims.abandon(run.flights);
    for (Vertex step : run.stage.steps()) {
      VertexWork work = keyed.of(step.digest());
      if (work.state == VertexWork.State.RUNNING) {
        work.state = VertexWork.State.WAITING;
        work.attempts++;
        progress.note(step.digest(), "begins again: " + why);
        if (work.attempts >= MAX_ATTEMPTS) {
          throw failure(
              run,
              step,
              "step was tried " + MAX_ATTEMPTS + " times, last: " + why,
              0,
              ErrorKind.UNAVAILABLE);
        }
        break;
      }
    }
    for (Vertex step : run.stage.steps()) {
      VertexWork work = keyed.of(step.digest());
      work.state = work.state == VertexWork.State.RUNNING ? VertexWork.State.WAITING : work.state;
    }
    lookAgain();
  }

  /** Results went away, or something could not be read: what is there is asked anew. */
  private void lookAgain() throws SlipwayException, InterruptedException {
    contents.reset();
    availability.refresh(keyed.all());
    remaining.need();
  }

  private void flightEnded(Digest vertex, Flight.Outcome outcome)
      throws SlipwayException, InterruptedException {
    VertexWork work = keyed.of(vertex);
    claims.left(vertex);
    switch (outcome) {
      case Flight.Outcome.Landed(Map<Integer, LayerChain> results) -> {
        work.done(results, canonicalKey(work, results));
        results.values().forEach(availability::add);
        progress.completed(vertex);
        parts.observer().shared(build.buildId(), vertex);
        remaining.report(work.vertex, "", Duration.ZERO, MovedBytes.NONE);
      }
      case Flight.Outcome.Failed(String message, int exitCode) -> {
        progress.failed(vertex, message);
        StepFailure failure = new StepFailure(message, vertex, graph.sources(vertex), exitCode);
        throw memory.keepsFailures()
            ? failure.leaving(
                Leavings.of(graph.vertex(vertex), StepFailed.getDefaultInstance(), keyed))
            : failure;
      }
      case Flight.Outcome.Abandoned() -> {
        work.state = VertexWork.State.IDLE;
        progress.waited(vertex);
        availability.lookUp(List.of(work));
        remaining.need();
      }
    }
  }

  /** Whoever ran the step has saved it with the key that stands for it. */
  private String canonicalKey(VertexWork work, Map<Integer, LayerChain> results) {
    if (!work.reusable) {
      return "";
    }
    availability.lookUp(List.of(work));
    return availability
        .record(work.key)
        .filter(record -> record.outputs().equals(results))
        .map(CacheRecord::canonicalKey)
        .orElse(work.key);
  }

  private StepFailure failure(
      StageRun run, Vertex vertex, String message, int exitCode, ErrorKind kind) {
    progress.failed(vertex.digest(), message);
    BuildLog.event(build.buildId())
        .addKeyValue("stage", run.id)
        .addKeyValue("vertex", vertex.digest())
        .addKeyValue("kind", kind)
        .addKeyValue("exitCode", exitCode)
        .log("step failed");
    return new StepFailure(
        kind, message, vertex.digest(), graph.sources(vertex.digest()), exitCode);
  }

  /** What is left of the step stays for the build, where its frontend may want to see it. */
  private StepFailure kept(StepFailure failure, StageRun run, Vertex vertex, StepFailed failed) {
    if (!memory.keepsFailures()) {
      return failure;
    }
    FailedStep left = Leavings.of(vertex, failed, keyed);
    left.left()
        .forEach(mount ->
            mount.ifPresent(
                result -> memory.holds().keep(run.workerId(), result.chain().layers())));
    memory.holds().flush();
    return failure.leaving(left);
  }

  private Vertex firstOpen(StageRun run) {
    return run.stage.steps().stream()
        .filter(this::isRunning)
        .findFirst()
        .orElse(run.stage.steps().getFirst());
  }

  /**
   * Ends what still runs for nobody and gives its claims free; a stage with all its results just
   * ends. What other builds wait for goes on for them.
   */
  private void abandon() {
    questions.abandon();
    nested.abandon();
    claims.leaveAll();
    List<StageRun> awaited = new ArrayList<>();
    for (StageRun run : running.keySet()) {
      boolean open = run.stage.steps().stream().anyMatch(this::isRunning);
      if (open && FinishingStages.isWorthIt(run)) {
        awaited.add(run);
        continue;
      }
      if (open) {
        run.cancel();
      } else {
        run.locks.close();
      }
      claims.abandon(run.flights);
    }
    running.keySet().retainAll(awaited);
    if (!awaited.isEmpty()) {
      new FinishingStages(awaited, events, claims, this::stepDone).start();
    }
  }

  private boolean isRunning(Vertex step) {
    return keyed.of(step.digest()).state == VertexWork.State.RUNNING;
  }
}
