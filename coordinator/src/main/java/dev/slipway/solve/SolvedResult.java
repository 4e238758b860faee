package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.graph.Edge;
import dev.slipway.oci.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A result with its bytes somewhere in the farm.
 *
 * @param chain its layers
 * @param tree present when the result is a client's local directory: its files are here at the
 *     coordinator
 */
public record SolvedResult(LayerChain chain, Optional<ContextTree> tree) {
  /** What the graph's targets have become, in their order. */
  static List<SolvedResult> of(KeyedGraph keyed, Map<Digest, ContextTree> trees) {
    List<SolvedResult> results = new ArrayList<>();
    for (Optional<Edge> target : keyed.graph().targets()) {
      if (target.isEmpty()) {
        results.add(new SolvedResult(LayerChain.SCRATCH, Optional.empty()));
        continue;
      }
      Edge edge = target.get();
      ContextTree tree = trees.get(edge.vertex());
      LayerChain chain =
          tree != null
              ? new LayerChain(List.of(StageMessages.layerId(tree)))
              : keyed.of(edge.vertex()).results.get(edge.output());
      results.add(new SolvedResult(chain, Optional.ofNullable(tree)));
    }
    return results;
  }
}
