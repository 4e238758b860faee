package dev.slipway.solve;

import com.google.protobuf.ByteString;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepOutput;
import dev.slipway.schedule.Demand;
import dev.slipway.schedule.StageRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What the scheduler and the worker are told of a stage. */
final class StageMessages {
  /** A stage that runs longer is taken for hung; nobody's image takes this long. */
  private static final Duration STAGE_TIMEOUT = Duration.ofHours(6);

  private final KeyedGraph keyed;
  private final SolveParts parts;
  private final BuildContext build;
  private final Map<Digest, Map<Integer, LayerChain>> snapshot = new HashMap<>();

  /** Made on the driver's thread: results are copied, since {@link #describe} runs on another. */
  StageMessages(KeyedGraph keyed, SolveParts parts, BuildContext build) {
    this.keyed = keyed;
    this.parts = parts;
    this.build = build;
    keyed.all().forEach(work -> snapshot.put(work.vertex.digest(), work.results));
  }

  /** The id of a directory's layer. */
  static String layerId(ContextTree tree) {
    return "tree:" + tree.layerDigest().value();
  }

  /** The stage as the scheduler weighs it: how many bytes of its inputs each worker holds. */
  StageRequest request(StageRun run) {
    Set<String> ids = new HashSet<>();
    for (Vertex vertex : run.stage.steps()) {
      for (Edge edge : vertex.inputs()) {
        LayerChain chain = snapshot.getOrDefault(edge.vertex(), Map.of()).get(edge.output());
        if (chain != null) {
          ids.addAll(chain.layers());
        }
      }
    }
    Map<String, Long> held = new HashMap<>();
    for (LayerRecord layer : parts.index().layers(ids).values()) {
      layer.holders().forEach(worker -> held.merge(worker, Math.max(1, layer.size()), Long::sum));
    }
    return new StageRequest(
        run.id,
        build.buildId(),
        build.tenant(),
        build.standing().priority(),
        new Demand(platform(run), build.standing().workerLabels()),
        held);
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
  RunStage describe(StageRun run, String workerId) throws SlipwayException, InterruptedException {
    RunStage.Builder message =
        RunStage.newBuilder()
            .setStageId(run.id)
            .setBuildId(build.buildId())
            .setTimeoutMillis(STAGE_TIMEOUT.toMillis());
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
      positions.put(vertex.digest(), message.getStepsCount());
      message.addSteps(step);
    }
    return message.build();
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
    LayerChain chain =
        tree != null ? publish(tree) : snapshot.get(edge.vertex()).get(edge.output());
    var layers = parts.references().describe(chain, build, workerId);
    return StepInput.newBuilder()
        .setChain(dev.slipway.protocol.worker.LayerChain.newBuilder().addAllLayers(layers))
        .build();
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
