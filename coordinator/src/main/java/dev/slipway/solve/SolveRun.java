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
import java.util.LinkedHashMap;
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
    availability = new Availability(parts.index());
    boolean over = false;
    try {
      recall();
      availability.lookUp(keyed.all());
      need();
      while (!over()) {
        launch();
        if (!over()) {
          handle(events.take());
        }
      }
      over = true;
      memory.remember(keyed.all());
      return results(trees);
    } finally {
      if (!over) {
        abandon();
      }
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
        showCached(work.vertex);
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

  /** A hit shows itself and all that led to it as cached: nothing of it was touched. */
  private void showCached(Vertex vertex) {
    progress.cached(vertex.digest());
    for (Edge edge : vertex.inputs()) {
      VertexWork input = keyed.of(edge.vertex());
      boolean local = memory.tree(edge.vertex()).isPresent();
      if (!local && input.state == VertexWork.State.IDLE) {
        showCached(input.vertex);
      }
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

  private void launch() throws SlipwayException, InterruptedException {
    Set<Digest> waiting = new HashSet<>();
    for (VertexWork work : keyed.all()) {
      if (work.state == VertexWork.State.WAITING) {
        waiting.add(work.vertex.digest());
      }
    }
    for (Stage stage : StagePlanner.ready(graph, waiting, this::exists)) {
      launch(stage);
    }
  }

  private void launch(Stage stage) throws SlipwayException {
    Map<Digest, Flight> claims = new LinkedHashMap<>();
    for (Vertex vertex : stage.steps()) {
      VertexWork work = keyed.of(vertex.digest());
      Flight mine = new Flight();
      Optional<Flight> other = flights.claim(claimKey(work), mine);
      if (other.isEmpty()) {
        claims.put(vertex.digest(), mine);
        continue;
      }
      if (claims.isEmpty()) {
        work.state = VertexWork.State.ELSEWHERE;
        other
            .get()
            .join(
                new Flight.Waiter(progress, vertex.digest()),
                end -> events.add(new SolveEvent.FlightEnded(vertex.digest(), end)));
      }
      break;
    }
    int known = landedMeanwhile(claims);
    if (known > 0 || claims.isEmpty()) {
      return;
    }
    Stage mine = stage.first(claims.size());
    StageMessages messages = new StageMessages(keyed, parts, build);
    StageRun run =
        new StageRun(
            "stage-" + UUID.randomUUID(),
            mine,
            claims,
            progress,
            parts,
            messages::describe,
            events::add);
    mine.steps().forEach(vertex -> keyed.of(vertex.digest()).state = VertexWork.State.RUNNING);
    running.add(run);
    try {
      parts.scheduler().submit(messages.request(run), run);
    } catch (SlipwayException e) {
      running.remove(run);
      endFlights(run, new Flight.Outcome.Abandoned());
      throw failure(run, mine.steps().getFirst(), e.getMessage(), 0, e.kind());
    }
  }

  /**
   * Between the look-up and the claim another build may have made some of it: then nothing is run
   * twice.
   */
  private int landedMeanwhile(Map<Digest, Flight> claims) {
    List<VertexWork> claimed =
        claims.keySet().stream().map(keyed::of).filter(work -> work.reusable).toList();
    availability.lookUp(claimed);
    int known = 0;
    for (VertexWork work : claimed) {
      Optional<CacheRecord> hit = availability.hit(work.key);
      if (hit.isPresent()) {
        work.done(hit.get().outputs());
        progress.cached(work.vertex.digest());
        report(work.vertex, "", Duration.ZERO);
        known++;
      }
    }
    if (known > 0) {
      claims.forEach((vertex, flight) ->
          flights.end(claimKey(keyed.of(vertex)), flight, new Flight.Outcome.Abandoned()));
    }
    return known;
  }

  private String claimKey(VertexWork work) {
    return work.reusable ? work.key : work.key + "@" + build.buildId();
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
        endFlights(run, new Flight.Outcome.Abandoned());
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
    endFlight(done.run(), done.vertex(), new Flight.Outcome.Landed(done.results()));
  }

  private void stageEnded(SolveEvent.StageEnded ended)
      throws SlipwayException, InterruptedException {
    StageRun run = ended.run();
    switch (ended.outcome().getOutcomeCase()) {
      case SUCCEEDED -> {
        count(run, StageOutcome.SUCCEEDED);
        running.remove(run);
        if (run.stage.steps().stream()
            .anyMatch(step -> keyed.of(step.digest()).state == VertexWork.State.RUNNING)) {
          again(run, "worker " + run.workerName() + " reported success without all results");
        }
      }
      case FAILED -> {
        count(run, StageOutcome.FAILED);
        running.remove(run);
        var failed = ended.outcome().getFailed();
        Vertex vertex = graph.vertex(new Digest(failed.getVertex()));
        endFlight(
            run,
            vertex.digest(),
            new Flight.Outcome.Failed(failed.getMessage(), failed.getExitCode()));
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
    endFlights(run, new Flight.Outcome.Abandoned());
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
        .filter(step -> keyed.of(step.digest()).state == VertexWork.State.RUNNING)
        .findFirst()
        .orElse(run.stage.steps().getFirst());
  }

  private void endFlight(StageRun run, Digest vertex, Flight.Outcome outcome) {
    Flight flight = run.flights.get(vertex);
    if (flight != null) {
      flights.end(claimKey(keyed.of(vertex)), flight, outcome);
    }
  }

  private void endFlights(StageRun run, Flight.Outcome outcome) {
    run.flights.keySet().forEach(vertex -> endFlight(run, vertex, outcome));
  }

  private void abandon() {
    for (StageRun run : running) {
      run.cancel();
      endFlights(run, new Flight.Outcome.Abandoned());
    }
    running.clear();
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
