package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fileops.ActionFailure;
import dev.slipway.fileops.FileOps;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.DiskWatch;
import dev.slipway.graph.Op;
import dev.slipway.layers.LayerLimits;
import dev.slipway.linux.DiskFull;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.MountRecord;
import dev.slipway.part.Parts;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.AbsentLayer;
import dev.slipway.protocol.worker.Cancelled;
import dev.slipway.protocol.worker.ContentDigest;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayersUnavailable;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepDone;
import dev.slipway.protocol.worker.StepFailed;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepResult;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.protocol.worker.Succeeded;
import dev.slipway.protocol.worker.WorkerFault;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.LayersUnavailableException;
import dev.slipway.source.Moved;
import dev.slipway.source.TransferProgress;
import dev.slipway.telemetry.Meters;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the steps of a stage, one after the other. @ThreadSafe */
public final class StageExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(StageExecutor.class);

  private final SnapshotStore store;
  private final LayerFetcher fetcher;
  private final ExecStep execs;
  private final ContainerExecutor containers;
  private final FileOps files;
  private final DiffStep diffs;
  private final DiskKeeper disk;
  private final Parts parts;
  private final InstantSource clock;
  private final Consumer<StoredLayer> made;

  /**
   * @param disk gives new layers their ids, and knows when there was no room
   * @param limits of archives that steps unpack
   * @param made hears of every layer that a step made
   */
  public StageExecutor(
      SnapshotStore store,
      CacheMounts mounts,
      LayerFetcher fetcher,
      Sandbox sandbox,
      DiskKeeper disk,
      Parts parts,
      LayerLimits limits,
      InstantSource clock,
      Meters meters,
      Consumer<StoredLayer> made) {
    this.store = store;
    this.fetcher = fetcher;
    this.disk = disk;
    Supplier<String> layerIds = disk.holds()::newLayerId;
    this.execs = new ExecStep(store, mounts, sandbox, layerIds, disk.watch(), meters, made);
    this.containers = new ContainerExecutor(fetcher, execs.preparation(), sandbox);
    this.files = new FileOps(store, layerIds, limits);
    this.diffs = new DiffStep(store, layerIds, made);
    this.parts = parts;
    this.clock = clock;
    this.made = made;
  }

  /** What runs containers of frontends here. */
  public ContainerExecutor containers() {
    return containers;
  }

  /** A status as the protocol carries it. */
  public static StepStatus status(TransferProgress.Status status) {
    return StageEvents.wire(status);
  }

  /** The newest copies of the cache mounts here, as the protocol carries them. */
  public static List<HeldMount> held(CacheMounts mounts) {
    return mounts.newest().stream().map(StepMounts::wire).toList();
  }

  /** A copy as the protocol carries it. */
  public static HeldMount held(MountRecord copy) {
    return StepMounts.wire(copy);
  }

  /** Results of the steps so far, by step index: the chain of each output. */
  private record Results(List<Map<Integer, List<String>>> steps) {}

  /**
   * The step at hand: who hears of it, the cache mounts that it has written to, and the way to what
   * its client shares.
   */
  private record Current(
      StageEvents events,
      List<HeldMount> mounts,
      boolean keepsFailures,
      ClientConnections connections) {}

  /**
   * Runs the stage; never throws. An interrupt of the calling thread cancels it. Events come before
   * the outcome is returned.
   *
   * @param connections connects to what its client shares, through the coordinator that sent it
   */
  public StageOutcome run(
      RunStage stage, Consumer<StageEvent> events, ClientConnections connections) {
    StageOutcome.Builder outcome = StageOutcome.newBuilder().setStageId(stage.getStageId());
    Optional<Instant> deadline =
        stage.getTimeoutMillis() > 0
            ? Optional.of(clock.instant().plusMillis(stage.getTimeoutMillis()))
            : Optional.empty();
    Results results = new Results(new ArrayList<>());
    String vertex = "";
    DiskWatch.Step watched = disk.watch().step();
    List<HeldMount> mounts = new ArrayList<>();
    try {
      for (Step step : stage.getStepsList()) {
        vertex = step.getVertex();
        watched = disk.watch().step();
        mounts = new ArrayList<>();
        results
            .steps()
            .add(
                run(
                    step,
                    results,
                    deadline,
                    new Current(
                        new StageEvents(stage.getStageId(), vertex, clock, events),
                        mounts,
                        stage.getKeepFailed(),
                        connections)));
      }
      return outcome.setSucceeded(Succeeded.getDefaultInstance()).build();
    } catch (InterruptedException _) {
      return outcome.setCancelled(Cancelled.getDefaultInstance()).build();
    } catch (SlipwayException e) {
      return failed(outcome, vertex, ended(e, watched), mounts, store).build();
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("stage", stage.getStageId())
          .addKeyValue("vertex", vertex)
          .setCause(e)
          .log("step ended by a defect");
      return outcome
          .setFault(
              WorkerFault.newBuilder().setVertex(vertex).setMessage("defect in the worker: " + e))
          .build();
    }
  }

  /** What fails for want of room is nobody's fault, and there may be more of it the next time. */
  private SlipwayException ended(SlipwayException e, DiskWatch.Step watched) {
    if (e.kind() == ErrorKind.CANCELLED || !(DiskFull.caused(e) || watched.sawFullDisk())) {
      return e;
    }
    String disk = this.disk.sentence();
    try {
      this.disk.makeRoomAfter(watched.freeAtBegin());
    } catch (InterruptedException interrupt) {
      return new SlipwayException(ErrorKind.CANCELLED, e.getMessage(), interrupt);
    }
    return new SlipwayException(
        ErrorKind.EXHAUSTED, e.getMessage() + "; the worker found that " + disk, e);
  }

  private Map<Integer, List<String>> run(
      Step step, Results results, Optional<Instant> deadline, Current current)
      throws SlipwayException, InterruptedException {
    StageEvents events = current.events();
    Instant start = clock.instant();
    events.started();
    Op op = LlbCodec.readOp(step.getOp().toByteArray());
    Moved moved = fetcher.ensure(chains(step), events::status);
    List<List<String>> inputs = inputs(step, results);
    Map<Integer, List<String>> outputs;
    List<ContentDigest> contents;
    try (InputDigests digests = InputDigests.begin(parts, step.getContentInputsList(), inputs)) {
      outputs =
          switch (op) {
            case Op.Exec exec -> {
              Limits.of(exec, step).ifPresent(events::note);
              Optional<Duration> timeout =
                  deadline.map(end -> positive(Duration.between(clock.instant(), end)));
              yield execs.run(
                  exec,
                  new StepContext(
                      inputs,
                      timeout,
                      events::log,
                      step.getCacheMountsList(),
                      current.keepsFailures(),
                      ClientSide.of(step, current.connections()),
                      events::note,
                      current.mounts()::add));
            }
            case Op.File file -> runFile(file, inputs, current.keepsFailures());
            case Op.Diff diff -> diffs.run(diff, inputs);
            case Op.Source _, Op.Merge _, Op.Build _, Op.Passthrough _ ->
                throw new SlipwayException(
                    ErrorKind.UNSUPPORTED,
                    step.getName() + ": workers run processes and change files only");
          };
      contents = digests.await();
    } catch (SlipwayException e) {
      List<String> lost =
          fetcher.missing(inputs.stream().flatMap(List::stream).distinct().toList());
      if (e.kind() == ErrorKind.NOT_FOUND && !lost.isEmpty()) {
        throw new LayersUnavailableException(lost, e.getMessage());
      }
      throw e;
    }
    Duration took = Duration.between(start, clock.instant());
    events.done(
        done(outputs, took)
            .addAllContents(contents)
            .addAllCacheMounts(current.mounts())
            .setMoved(moved.wire())
            .build());
    return outputs;
  }

  /** A process must get the chance to be killed for its time, not refused for it. */
  private static Duration positive(Duration left) {
    return left.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : left;
  }

  private Map<Integer, List<String>> runFile(
      Op.File file, List<List<String>> inputs, boolean keepsFailures)
      throws SlipwayException, InterruptedException {
    Map<Integer, List<String>> outputs;
    try {
      outputs = files.run(file, inputs, keepsFailures);
    } catch (ActionFailure e) {
      announce(e.left());
      throw e;
    }
    announce(outputs);
    return outputs;
  }

  private void announce(Map<Integer, List<String>> outputs) {
    outputs.values().stream()
        .filter(chain -> !chain.isEmpty())
        .map(List::getLast)
        .flatMap(id -> store.find(id).stream())
        .forEach(made);
  }

  /** The layers that the step's inputs bring with them. */
  static List<List<Layer>> chains(Step step) {
    List<List<Layer>> chains = new ArrayList<>();
    for (StepInput input : step.getInputsList()) {
      if (input.hasChain()) {
        chains.add(input.getChain().getLayersList());
      } else if (input.hasPart()) {
        chains.add(List.of(Parts.asLayer(input.getPart())));
      }
    }
    return chains;
  }

  /** The chain of each input of a step that stands alone. */
  static List<List<String>> inputs(Step step) throws SlipwayException {
    return inputs(step, new Results(List.of()));
  }

  private static List<List<String>> inputs(Step step, Results results) throws SlipwayException {
    List<List<String>> inputs = new ArrayList<>();
    for (StepInput input : step.getInputsList()) {
      inputs.add(
          switch (input.getInputCase()) {
            case CHAIN -> input.getChain().getLayersList().stream().map(Layer::getId).toList();
            case PREVIOUS ->
                previous(input.getPrevious().getStep(), input.getPrevious().getOutput(), results);
            case PART -> List.of(input.getPart().getId());
            case INPUT_NOT_SET -> List.of();
          });
    }
    return inputs;
  }

  private static List<String> previous(int step, int output, Results results)
      throws SlipwayException {
    List<String> chain =
        step < results.steps().size() ? results.steps().get(step).get(output) : null;
    if (chain == null) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "the stage names output " + output + " of step " + step + ", which there is not");
    }
    return chain;
  }

  private StepDone.Builder done(Map<Integer, List<String>> outputs, Duration took) {
    StepDone.Builder done = StepDone.newBuilder().setDurationMillis(took.toMillis());
    new TreeMap<>(outputs)
        .forEach((output, chain) -> done.addResults(result(output, chain, store)));
    return done;
  }

  private static LayersUnavailable.Builder unavailable(LayersUnavailableException lost) {
    LayersUnavailable.Builder message =
        LayersUnavailable.newBuilder()
            .addAllLayerIds(lost.layerIds())
            .setMessage(lost.getMessage());
    for (LayersUnavailableException.Absence absence : lost.absences()) {
      message.addAbsent(
          AbsentLayer.newBuilder().setLayerId(absence.layerId()).setPeerUrl(absence.url()));
    }
    return message;
  }

  /** What a failed step leaves for people to look into. */
  private static StepFailed.Builder left(SlipwayException e, SnapshotStore store) {
    StepFailed.Builder failed = StepFailed.newBuilder();
    if (e instanceof StepFailedException failure) {
      failure.left().forEach((mount, chain) -> failed.addLeft(result(mount, chain, store)));
      failure.lacking().ifPresent(failed::setLacking);
    }
    if (e instanceof ActionFailure failure) {
      failure.left().forEach((action, chain) -> failed.addLeft(result(action, chain, store)));
      failed.setAction(failure.action());
    }
    return failed;
  }

  private static StepResult.Builder result(int output, List<String> chain, SnapshotStore store) {
    StepResult.Builder result = StepResult.newBuilder().setOutput(output);
    chain.forEach(id ->
        result.addChain(
            HeldLayer.newBuilder()
                .setLayerId(id)
                .setSize(store.find(id).map(StoredLayer::size).orElse(0L))));
    return result;
  }

  /**
   * Who is to blame decides whether anybody tries again: the user never, a worker's trouble
   * elsewhere.
   */
  private static StageOutcome.Builder failed(
      StageOutcome.Builder outcome,
      String vertex,
      SlipwayException e,
      List<HeldMount> mounts,
      SnapshotStore store) {
    if (e instanceof LayersUnavailableException lost) {
      return outcome.setLayersUnavailable(unavailable(lost));
    }
    int exitCode = e instanceof StepFailedException failure ? failure.exitCode() : 0;
    return switch (e.kind()) {
      case INVALID, NOT_FOUND, DENIED, CONFLICT, UNSUPPORTED ->
          outcome.setFailed(
              left(e, store)
                  .setVertex(vertex)
                  .setMessage(e.getMessage())
                  .setExitCode(exitCode)
                  .setTimedOut(e instanceof StepFailedException failure && failure.timedOut())
                  .setOfClient(e instanceof StepFailedException failure && failure.ofClient())
                  .addAllCacheMounts(mounts));
      case CANCELLED -> outcome.setCancelled(Cancelled.getDefaultInstance());
      case UNAVAILABLE, EXHAUSTED, INTERNAL -> {
        LOG.atWarn()
            .addKeyValue("vertex", vertex)
            .setCause(e)
            .log("step not finished by this worker's trouble");
        yield outcome.setFault(
            WorkerFault.newBuilder().setVertex(vertex).setMessage(e.getMessage()));
      }
    };
  }
}
