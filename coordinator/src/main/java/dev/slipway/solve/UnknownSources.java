package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.RemoteSources;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.plan.BuildGraph;

/** Sources of schemes that nobody knows. */
final class UnknownSources {
  private UnknownSources() {}

  /** Refuses a graph that has one, before anything of it runs. */
  static void refuse(BuildGraph graph, Sources sources) throws StepFailure {
    for (Vertex vertex : graph.inOrder()) {
      if (vertex.op() instanceof Op.Source source
          && !sources.givesTree(source)
          && !sources.givesImage(source)) {
        SlipwayException unknown = RemoteSources.unknownScheme(source);
        throw new StepFailure(
            unknown.kind(),
            "failed to load cache key: " + unknown.getMessage(),
            vertex.digest(),
            graph.sources(vertex.digest()),
            0);
      }
    }
  }
}
