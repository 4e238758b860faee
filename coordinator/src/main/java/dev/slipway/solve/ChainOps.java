package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Ops whose result follows from the chains of their inputs, so that no worker is asked: a merge is
 * its inputs' chains one after the other, a passthrough gives chains on, a difference is what the
 * upper chain has more than the lower one. Owned by the driver's thread.
 */
final class ChainOps {
  /** A layer of an image, which is unpacked with the image's own layers below it. */
  private static final String IMAGE_LAYER = "chain:";

  private final BuildContext build;
  private final KeyedGraph keyed;
  private final BuildMemory memory;
  private final PublishedTrees trees;

  ChainOps(BuildContext build, KeyedGraph keyed, BuildMemory memory, PublishedTrees trees) {
    this.build = build;
    this.keyed = keyed;
    this.memory = memory;
    this.trees = trees;
  }

  /** The vertex's results, all its inputs being there; empty when a worker has to make them. */
  Optional<Map<Integer, LayerChain>> results(Vertex vertex) {
    return switch (vertex.op()) {
      case Op.Merge(List<Integer> inputs) -> {
        List<String> layers = new ArrayList<>();
        inputs.forEach(input -> layers.addAll(chain(vertex, input).layers()));
        yield Optional.of(Map.of(0, new LayerChain(layers)));
      }
      case Op.Passthrough(String _, List<Integer> outputs) -> {
        Map<Integer, LayerChain> results = new HashMap<>();
        for (int output = 0; output < outputs.size(); output++) {
          results.put(output, chain(vertex, outputs.get(output)));
        }
        yield Optional.of(results);
      }
      case Op.Diff(int lower, int upper) ->
          difference(chain(vertex, lower).layers(), chain(vertex, upper).layers())
              .map(layers -> Map.of(0, new LayerChain(layers)));
      case Op.Source _, Op.Exec _, Op.File _, Op.Build _ -> Optional.empty();
    };
  }

  /** The layers that {@code upper} has on top of {@code lower}; empty when it has not. */
  private static Optional<List<String>> difference(List<String> lower, List<String> upper) {
    if (lower.size() > upper.size() || !upper.subList(0, lower.size()).equals(lower)) {
      return Optional.empty();
    }
    List<String> rest = upper.subList(lower.size(), upper.size());
    // Without those below it a layer of an image would be unpacked as something else.
    boolean torn =
        !lower.isEmpty()
            && !rest.isEmpty()
            && rest.getFirst().startsWith(IMAGE_LAYER)
            && lower.getLast().startsWith(IMAGE_LAYER);
    return torn ? Optional.empty() : Optional.of(rest);
  }

  /** The client's directory that the input is, if it is one. */
  Optional<ContextTree> tree(Vertex vertex, int input) {
    return memory.tree(vertex.inputs().get(input).vertex());
  }

  /** The chain of the vertex's input; a client's directory is one layer. */
  LayerChain chain(Vertex vertex, int input) {
    if (input < 0) {
      return LayerChain.SCRATCH;
    }
    Edge edge = vertex.inputs().get(input);
    Optional<ContextTree> tree = tree(vertex, input);
    if (tree.isPresent()) {
      trees.publish(build.buildId(), tree.get());
      return new LayerChain(List.of(StageMessages.layerId(tree.get())));
    }
    return keyed.of(edge.vertex()).results.get(edge.output());
  }

  /** Whether the results hold layers that are only in this build: clients' directories. */
  static boolean isPassing(Map<Integer, LayerChain> results) {
    return results.values().stream()
        .flatMap(chain -> chain.layers().stream())
        .anyMatch(layer -> layer.startsWith("tree:"));
  }
}
