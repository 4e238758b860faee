package dev.slipway.solve;

import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.BuildGraph;
import dev.slipway.plan.Stage;
import dev.slipway.plan.StagePlanner;
import dev.slipway.progress.BuildReport;
import dev.slipway.telemetry.Meters.LookupOutcome;
import dev.slipway.telemetry.Meters.StageOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final int MAX_ATTEMPTS = 4;

  private final BuildContext build;
  private final SolveParts parts;
  private final Flights flights;
  private final BuildMemory memory;
  private final BuildGraph graph;
  private final VertexProgress progress;
  private final BlockingQueue<SolveEvent> events = new LinkedBlockingQueue<>();
  private final Set<StageRun> running = new HashSet<>();
  private KeyedGraph keyed;
  private StepClaims claims;
  private Availability availability;

  SolveRun(
      BuildContext build, BuildGraph graph, BuildMemory memory, Flights flights, SolveParts parts) {
    this.build = build;
    this.graph = graph;
    this.memory = memory;
    this.flights = flights;
    this.parts = parts;
    this.progress = memory.progress();
  }

  List<SolvedResult> run() throws SlipwayException, InterruptedException {
    graph.inOrder().forEach(progress::announce);
    refuseWhatIsMissing();
    Map<Digest, ContextTree> trees = memory.trees(graph, parts.sources(), build);
    Map<Digest, Digest> images = memory.imageDigests(graph, parts.sources(), build);
    keyed = new KeyedGraph(graph, build.tenant(), trees, images);
    claims = new StepClaims(flights, keyed, build.buildId());
    availability = new Availability(parts.index());
    try {
      recall();
      availability.lookUp(keyed.all());
      need();
      while (!over()) {
        launch();
        if (!over()) {
          refuseToStall();
          handle(events.take());
        }
      }
      memory.remember(keyed.all());
      return results(trees);
    } finally {
      abandon();
    }
  }

  /**
   * Results of an earlier solve of the same build hold without looking, so that a step told not to
   * use the cache still runs once.
   */
  private void recall() {
    for (VertexWork work : keyed.all()) {
      memory.results(work.vertex.digest()).ifPresent(work::done);
    }
  }

  /** Walks from the results backwards; what is known ends the walk, what is not has to run. */
  private void need() throws SlipwayException, InterruptedException {
    Set<Digest> seen = new HashSet<>();
    List<VertexWork> images = new ArrayList<>();
    List<VertexWork> open = new ArrayList<>();
    graph.targets().forEach(target -> target.ifPresent(edge -> open.add(keyed.of(edge.vertex()))));
    while (!open.isEmpty()) {
      VertexWork work = open.removeLast();
      if (!seen.add(work.vertex.digest())) {
        continue;
      }
      if (work.state == VertexWork.State.DONE && availability.holds(work.results)) {
        continue;
      }
      if (work.state == VertexWork.State.RUNNING || work.state == VertexWork.State.ELSEWHERE) {
        continue;
      }
      if (work.vertex.op() instanceof Op.Source source) {
        if (source.scheme().equals("docker-image")) {
          images.add(work);
        }
        continue;
      }
      Optional<CacheRecord> hit =
          work.reusable && work.state != VertexWork.State.DONE
              ? availability.hit(work.key)
              : Optional.empty();
      if (hit.isPresent()) {
        work.done(hit.get().outputs());
        parts.meters().cacheLookups(LookupOutcome.HIT, 1);
        progress.cached(work.vertex.digest());
        report(work.vertex, "", Duration.ZERO);
        continue;
      }
      if (work.state == VertexWork.State.IDLE && work.reusable) {
        parts
            .meters()
            .cacheLookups(
                availability.isStale(work.key) ? LookupOutcome.STALE : LookupOutcome.MISS, 1);
      }
      work.state = VertexWork.State.WAITING;
      work.vertex.inputs().forEach(edge -> open.add(keyed.of(edge.vertex())));
    }
    for (var resolved :
        parts
            .sources()
            .images(build, images.stream().map(work -> work.vertex).toList(), progress)
            .entrySet()) {
      keyed.of(resolved.getKey()).done(Map.of(0, resolved.getValue()));
      availability.add(resolved.getValue());
    }
  }

  /** With nothing running anywhere no event can come: a defect, and better told than waited out. */
  private void refuseToStall() throws SlipwayException {
    boolean elsewhere = false;
    for (VertexWork work : keyed.all()) {
      elsewhere |= work.state == VertexWork.State.ELSEWHERE;
    }
    if (events.isEmpty() && running.isEmpty() && !elsewhere) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "solve of build "
              + build.buildId()
              + " stalled: steps wait and none runs; please report it");
    }
  }

  private boolean over() {
    return graph.targets().stream().flatMap(Optional::stream).allMatch(this::exists);
  }

  private boolean exists(Edge edge) {
    VertexWork work = keyed.of(edge.vertex());
    return memory.tree(edge.vertex()).isPresent()
        || (work.state == VertexWork.State.DONE && work.results.containsKey(edge.output()));
  }

  /** Submits whatever can run; looks again when the cache turned out to know a step after all. */
  private void launch() throws SlipwayException, InterruptedException {
    boolean again = true;
    while (again) {
      again = false;
      Set<Digest> waiting = new HashSet<>();
      for (VertexWork work : keyed.all()) {
        if (work.state == VertexWork.State.WAITING) {
          waiting.add(work.vertex.digest());
        }
      }
      for (Stage stage : StagePlanner.ready(graph, waiting, this::exists)) {
        again |= launch(stage);
      }
      if (again) {
        forgetWaiting();
        need();
      }
    }
  }

  /** What waited for a step that turned out to be known may not be needed any more. */
  private void forgetWaiting() {
    for (VertexWork work : keyed.all()) {
      work.state = work.state == VertexWork.State.WAITING ? VertexWork.State.IDLE : work.state;
    }
  }

  /** Returns whether a step was found to be known. */
  private boolean launch(Stage stage) throws SlipwayException {
    StepClaims.Claim claim = claims.claim(stage);
    if (claim.elsewhere().isPresent()) {
      Digest first = stage.steps().getFirst().digest();
      keyed.of(first).state = VertexWork.State.ELSEWHERE;
      claim
          .elsewhere()
          .get()
          .join(
              new Flight.Waiter(progress, first),
              end -> events.add(new SolveEvent.FlightEnded(first, end)));
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
    StageMessages messages = new StageMessages(keyed, parts, build);
    StageRun run =
        new StageRun(
            "stage-" + UUID.randomUUID(),
            stage,
            mine,
            progress,
            parts,
            messages::describe,
            events::add);
    stage.steps().forEach(step -> keyed.of(step.digest()).state = VertexWork.State.RUNNING);
    running.add(run);
    try {
      parts.scheduler().submit(messages.request(run), run);
    } catch (SlipwayException e) {
      running.remove(run);
      claims.abandon(mine);
      throw failure(run, stage.steps().getFirst(), e.getMessage(), 0, e.kind());
    }
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
        work.done(hit.get().outputs());
        progress.cached(work.vertex.digest());
        report(work.vertex, "", Duration.ZERO);
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
        count(run, StageOutcome.LOST);
        again(run, "worker " + workerId + " left the farm");
      }
      case SolveEvent.StageUnplaceable(StageRun run, SlipwayException reason) -> {
        running.remove(run);
        claims.abandon(run.flights);
        throw failure(run, firstOpen(run), reason.getMessage(), 0, reason.kind());
      }
      case SolveEvent.FlightEnded(Digest vertex, Flight.Outcome outcome) ->
          flightEnded(vertex, outcome);
    }
  }

  private void stepDone(SolveEvent.StepDone done) {
    VertexWork work = keyed.of(done.vertex());
    work.done(done.results());
    parts
        .index()
        .save(new CacheRecord(work.key, done.results(), done.cost(), parts.clock().instant()));
    done.results().values().forEach(availability::add);
    progress.completed(done.vertex());
    report(work.vertex, done.run().workerName(), done.cost());
    claims.end(done.run().flights, done.vertex(), new Flight.Outcome.Landed(done.results()));
  }

  private void stageEnded(SolveEvent.StageEnded ended)
      throws SlipwayException, InterruptedException {
    StageRun run = ended.run();
    switch (ended.outcome().getOutcomeCase()) {
      case SUCCEEDED -> {
        count(run, StageOutcome.SUCCEEDED);
        running.remove(run);
        if (run.stage.steps().stream().anyMatch(this::isRunning)) {
          again(run, "worker " + run.workerName() + " reported success without all results");
        }
      }
      case FAILED -> {
        count(run, StageOutcome.FAILED);
        running.remove(run);
        var failed = ended.outcome().getFailed();
        Vertex vertex = graph.vertex(new Digest(failed.getVertex()));
        claims.end(
            run.flights,
            vertex.digest(),
            new Flight.Outcome.Failed(failed.getMessage(), failed.getExitCode()));
        claims.abandon(run.flights);
        throw failure(run, vertex, failed.getMessage(), failed.getExitCode(), ErrorKind.INVALID);
      }
      case LAYERS_UNAVAILABLE -> {
        count(run, StageOutcome.LAYERS_UNAVAILABLE);
        var missing = ended.outcome().getLayersUnavailable();
        parts
            .index()
            .layers(missing.getLayerIdsList())
            .values()
            .forEach(layer ->
                layer
                    .holders()
                    .forEach(holder -> parts.index().dropHolder(holder, List.of(layer.id()))));
        again(run, missing.getMessage());
      }
      case FAULT -> {
        count(run, StageOutcome.LOST);
        LOG.atWarn()
            .addKeyValue("build", build.buildId())
            .addKeyValue("worker", run.workerName())
            .addKeyValue("reason", ended.outcome().getFault().getMessage())
            .log("worker failed under a stage");
        again(run, ended.outcome().getFault().getMessage());
      }
      case REFUSED, CANCELLED, OUTCOME_NOT_SET -> {
        count(run, StageOutcome.CANCELLED);
        again(run, "the stage was given back by worker " + run.workerName());
      }
    }
  }

  /**
   * Gives the unfinished steps of the run back to the plan, and whatever results went away with a
   * worker.
   */
  private void again(StageRun run, String why) throws SlipwayException, InterruptedException {
    running.remove(run);
    claims.abandon(run.flights);
    for (Vertex step : run.stage.steps()) {
      VertexWork work = keyed.of(step.digest());
      if (work.state == VertexWork.State.RUNNING) {
        work.state = VertexWork.State.WAITING;
        work.attempts++;
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
    availability.refresh(keyed.all());
    need();
  }

  private void flightEnded(Digest vertex, Flight.Outcome outcome)
      throws SlipwayException, InterruptedException {
    VertexWork work = keyed.of(vertex);
    switch (outcome) {
      case Flight.Outcome.Landed(Map<Integer, LayerChain> results) -> {
        work.done(results);
        results.values().forEach(availability::add);
        progress.completed(vertex);
        report(work.vertex, "", Duration.ZERO);
      }
      case Flight.Outcome.Failed(String message, int exitCode) -> {
        progress.failed(vertex, message);
        throw new StepFailure(message, vertex, graph.sources(vertex), exitCode);
      }
      case Flight.Outcome.Abandoned() -> {
        work.state = VertexWork.State.IDLE;
        availability.lookUp(List.of(work));
        need();
      }
    }
  }

  private void count(StageRun run, StageOutcome outcome) {
    parts.meters().stage(outcome, Duration.between(run.submittedAt, parts.clock().instant()));
  }

  private void report(Vertex vertex, String worker, Duration cost) {
    parts
        .report()
        .step(
            build.buildId(),
            new BuildReport.Step(vertex.digest(), vertex.name(), worker, worker.isEmpty(), cost));
  }

  private StepFailure failure(
      StageRun run, Vertex vertex, String message, int exitCode, ErrorKind kind) {
    progress.failed(vertex.digest(), message);
    LOG.atDebug()
        .addKeyValue("build", build.buildId())
        .addKeyValue("stage", run.id)
        .addKeyValue("kind", kind)
        .log("step failed");
    return new StepFailure(
        kind, message, vertex.digest(), graph.sources(vertex.digest()), exitCode);
  }

  private Vertex firstOpen(StageRun run) {
    return run.stage.steps().stream()
        .filter(this::isRunning)
        .findFirst()
        .orElse(run.stage.steps().getFirst());
  }

  /**
   * Ends what still runs for nobody and gives its claims free; a stage with all its results just
   * ends.
   */
  private void abandon() {
    for (StageRun run : running) {
      if (run.stage.steps().stream().anyMatch(this::isRunning)) {
        run.cancel();
      }
      claims.abandon(run.flights);
    }
    running.clear();
  }

  private boolean isRunning(Vertex step) {
    return keyed.of(step.digest()).state == VertexWork.State.RUNNING;
  }

  private List<SolvedResult> results(Map<Digest, ContextTree> trees) {
    List<SolvedResult> results = new ArrayList<>();
    for (Optional<Edge> target : graph.targets()) {
      if (target.isEmpty()) {
        results.add(new SolvedResult(LayerChain.SCRATCH, Optional.empty()));
        continue;
      }
      ContextTree tree = trees.get(target.get().vertex());
      results.add(
          tree != null
              ? new SolvedResult(
                  new LayerChain(List.of(StageMessages.layerId(tree))), Optional.of(tree))
              : new SolvedResult(
                  keyed.of(target.get().vertex()).results.get(target.get().output()),
                  Optional.empty()));
    }
    return results;
  }

  private void refuseWhatIsMissing() throws StepFailure {
    for (Vertex vertex : graph.inOrder()) {
      String missing =
          switch (vertex.op()) {
            case Op.Source source
                when !source.scheme().equals("docker-image") && !source.scheme().equals("local") ->
                "source " + source.scheme() + "://";
            case Op.Merge _ -> "the merge op";
            case Op.Diff _ -> "the diff op";
            case Op.Build _ -> "the build op";
            case Op.Source _, Op.Exec _, Op.File _ -> "";
          };
      if (!missing.isEmpty()) {
        throw new StepFailure(
            ErrorKind.UNSUPPORTED,
            missing + " is not supported yet",
            vertex.digest(),
            graph.sources(vertex.digest()),
            0);
      }
    }
  }
}
