package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.RemoteSources;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.plan.BuildGraph;

/** Ops that no part of the farm runs yet. */
final class UnsupportedOps {
  private UnsupportedOps() {}

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
      String missing =
          switch (vertex.op()) {
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
