package dev.slipway.solve;

import com.google.protobuf.ByteString;
import dev.slipway.cache.LayerChain;
import dev.slipway.config.QueueSettings;
import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.Part;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepFailed;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepOutput;
import dev.slipway.schedule.Demand;
import dev.slipway.schedule.StageRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the scheduler and the worker are told of a stage. */
final class StageMessages {
  private final KeyedGraph keyed;
  private final StageParts contents;
  private final SolveParts parts;
  private final BuildContext build;
  private final boolean keepsFailures;
  private final Map<Digest, Map<Integer, LayerChain>> snapshot = new HashMap<>();

  /**
   * Whether the build has lost a stage before: then whatever it needs anew had its place already.
   */
  private final boolean disturbed;

  /** Made on the driver's thread: results are copied, since {@link #describe} runs on another. */
  StageMessages(
      KeyedGraph keyed,
      StageParts contents,
      SolveParts parts,
      BuildContext build,
      boolean keepsFailures) {
    this.keepsFailures = keepsFailures;
    this.keyed = keyed;
    this.contents = contents;
    this.parts = parts;
    this.build = build;
    boolean lost = false;
    for (VertexWork work : keyed.all()) {
      snapshot.put(work.vertex.digest(), work.results);
      lost |= work.attempts > 0;
    }
    this.disturbed = lost;
  }

  /** The id of a directory's layer. */
  static String layerId(ContextTree tree) {
    return "tree:" + tree.layerDigest().value();
  }

  /** The stage as the scheduler weighs it: how many bytes of its inputs each worker holds. */
  StageRequest request(StageRun run, Retries retries) {
    Locality locality = new Locality();
    for (Vertex vertex : run.stage.steps()) {
      for (int index = 0; index < vertex.inputs().size(); index++) {
        Optional<LayerChain> chain = chain(run, vertex.inputs().get(index));
        Optional<ContentPart> part = contents.movable(vertex, index);
        if (part.isPresent()) {
          locality.needs(part.get());
        } else {
          chain.ifPresent(locality::needs);
        }
      }
    }
    Map<String, Long> held =
        retries.weigh(
            run, run.mounts.weigh(locality.bytesByWorker(parts.index().layers(locality.ids()))));
    return new StageRequest(
        run.id,
        build.buildId(),
        build.tenant(),
        build.standing().priority(),
        new Demand(platform(run), build.standing().workerLabels()),
        held,
        disturbed);
  }

  /** The chain that the stage is sent for the edge; nothing when it makes it itself. */
  private Optional<LayerChain> chain(StageRun run, Edge edge) {
    return run.stage.makes(edge.vertex())
        ? Optional.empty()
        : Optional.ofNullable(snapshot.getOrDefault(edge.vertex(), Map.of()).get(edge.output()));
  }

  /** Files are changed on any worker: a stage without processes asks for what the farm has. */
  private Platform platform(StageRun run) {
    return run.stage
        .platform()
        .orElseGet(() ->
            parts.fleet().workers().stream()
                .flatMap(worker -> worker.nativePlatforms().stream())
                .findFirst()
                .orElse(Platform.LINUX_AMD64));
  }

  /** The stage as its worker runs it. */
  StageRun.Order describe(StageRun run, String workerId)
      throws SlipwayException, InterruptedException {
    ClientNeeds needs = new ClientNeeds(build, parts.sources());
    RunStage.Builder message =
        RunStage.newBuilder()
            .setStageId(run.id)
            .setBuildId(build.buildId())
            .setKeepFailed(keepsFailures)
            .setTimeoutMillis(parts.stageTimeout().toMillis());
    run.stage.platform().ifPresent(platform -> message.setPlatform(wire(platform)));
    Map<Digest, Integer> positions = new HashMap<>();
    for (Vertex vertex : run.stage.steps()) {
      Step.Builder step =
          Step.newBuilder()
              .setVertex(vertex.digest().value())
              .setName(vertex.name())
              .setOp(ByteString.copyFrom(vertex.bytes()));
      for (int index = 0; index < vertex.inputs().size(); index++) {
        step.addInputs(input(vertex, index, positions, workerId));
      }
      step.addAllContentInputs(contents.digestsWanted(vertex));
      step.addAllCacheMounts(run.mounts.describe(vertex, workerId));
      vertex
          .metadata()
          .resources()
          .ifPresent(resources -> step.setResources(LlbCodec.encodeResources(resources)));
      needs.describe(vertex, step);
      positions.put(vertex.digest(), message.getStepsCount());
      message.addSteps(step);
    }
    return new StageRun.Order(message.build(), needs.connections());
  }

  /** What the user is told of a step that failed. */
  static String failure(StepFailed failed, Duration stageTimeout) {
    return failed.getTimedOut()
        ? failed.getMessage()
            + ": its stage ran for "
            + QueueSettings.text(stageTimeout)
            + ", as long as queue.stage-timeout allows"
        : failed.getMessage();
  }

  private StepInput input(Vertex vertex, int index, Map<Digest, Integer> positions, String workerId)
      throws SlipwayException, InterruptedException {
    Edge edge = vertex.inputs().get(index);
    Integer earlier = positions.get(edge.vertex());
    if (earlier != null) {
      return StepInput.newBuilder()
          .setPrevious(StepOutput.newBuilder().setStep(earlier).setOutput(edge.output()))
          .build();
    }
    ContextTree tree = keyed.selection(vertex.digest(), index);
    Optional<Part> part =
        tree != null ? Optional.empty() : contents.describe(vertex, index, workerId);
    if (part.isPresent()) {
      return StepInput.newBuilder().setPart(part.get()).build();
    }
    LayerChain chain =
        tree != null ? publish(tree) : snapshot.get(edge.vertex()).get(edge.output());
    var layers = parts.references().describe(chain, build, workerId);
    return StepInput.newBuilder()
        .setChain(dev.slipway.protocol.worker.LayerChain.newBuilder().addAllLayers(layers))
        .build();
  }

  /** Digests that the worker reported for inputs of a step, by part. Driver's thread only. */
  Map<String, String> digestsByPart(StageRun run, Vertex step, Map<Integer, String> reported) {
    Map<String, String> digests = new HashMap<>();
    VertexWork work = keyed.of(step.digest());
    reported.forEach((input, digest) -> {
      if (work.selected.containsKey(input)) {
        Edge edge = step.inputs().get(input);
        chain(run, edge)
            .or(() -> Optional.ofNullable(keyed.of(edge.vertex()).results.get(edge.output())))
            .map(chain -> ContentPart.of(chain, work.selected.get(input)))
            .ifPresent(part -> digests.put(part.id(), digest));
      }
    });
    return digests;
  }

  /** Whether the step ran with what its inputs are now. Driver's thread only. */
  boolean isFaithful(StageRun run, Vertex step) {
    return step.inputs().stream()
        .allMatch(edge ->
            run.stage.makes(edge.vertex())
                || keyed
                    .of(edge.vertex())
                    .results
                    .equals(snapshot.getOrDefault(edge.vertex(), Map.of())));
  }

  private LayerChain publish(ContextTree tree) {
    parts.trees().publish(build.buildId(), tree);
    return new LayerChain(java.util.List.of(layerId(tree)));
  }

  private static dev.slipway.protocol.buildkit.ops.Platform wire(Platform platform) {
    return dev.slipway.protocol.buildkit.ops.Platform.newBuilder()
        .setOS(platform.os())
        .setArchitecture(platform.architecture())
        .setVariant(platform.variant())
        .setOSVersion(platform.osVersion())
        .build();
  }
}
