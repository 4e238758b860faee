package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.StepFailed;
import dev.slipway.protocol.worker.StepResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what a worker says of a failed step. */
final class Leavings {
  private Leavings() {}

  /** What is left: a mount that the worker says nothing of is as it was before. */
  static FailedStep of(Vertex vertex, StepFailed failed, KeyedGraph keyed) {
    List<Optional<SolvedResult>> byInput = new ArrayList<>();
    for (int index = 0; index < vertex.inputs().size(); index++) {
      byInput.add(input(vertex, index, keyed));
    }
    Optional<Integer> lacking =
        failed.hasLacking() ? Optional.of(failed.getLacking()) : Optional.empty();
    Map<Integer, SolvedResult> told = new HashMap<>();
    for (StepResult result : failed.getLeftList()) {
      told.put(
          result.getOutput(),
          new SolvedResult(
              new LayerChain(result.getChainList().stream().map(HeldLayer::getLayerId).toList()),
              Optional.empty()));
    }
    if (!(vertex.op() instanceof Op.Exec exec)) {
      List<Optional<SolvedResult>> made = new ArrayList<>();
      int actions = vertex.op() instanceof Op.File file ? file.actions().size() : 0;
      for (int action = 0; action < actions; action++) {
        made.add(Optional.ofNullable(told.get(action)));
      }
      return new FailedStep(
          vertex,
          byInput,
          made,
          failed.hasAction() ? Optional.of(failed.getAction()) : Optional.empty(),
          lacking);
    }
    List<Optional<SolvedResult>> inputs = new ArrayList<>();
    List<Optional<SolvedResult>> left = new ArrayList<>();
    for (int index = 0; index < exec.mounts().size(); index++) {
      Mount mount = exec.mounts().get(index);
      Optional<SolvedResult> before =
          mount.input() < 0 ? Optional.empty() : byInput.get(mount.input());
      inputs.add(before);
      left.add(Optional.ofNullable(told.get(index)).or(() -> before));
    }
    return new FailedStep(vertex, inputs, left, Optional.empty(), lacking);
  }

  private static Optional<SolvedResult> input(Vertex vertex, int index, KeyedGraph keyed) {
    ContextTree tree = keyed.selection(vertex.digest(), index);
    if (tree != null) {
      return Optional.of(
          new SolvedResult(
              new LayerChain(List.of(StageMessages.layerId(tree))), Optional.of(tree)));
    }
    Edge edge = vertex.inputs().get(index);
    return Optional.ofNullable(keyed.of(edge.vertex()).results.get(edge.output()))
        .map(chain -> new SolvedResult(chain, Optional.empty()));
  }
}
