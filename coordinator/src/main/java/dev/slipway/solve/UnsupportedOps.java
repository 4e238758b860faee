package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.plan.BuildGraph;

/** Ops that no part of the farm runs yet. */
final class UnsupportedOps {
  private UnsupportedOps() {}

  /** Refuses a graph that has one, before anything of it runs. */
  static void refuse(BuildGraph graph) throws StepFailure {
    for (Vertex vertex : graph.inOrder()) {
      String missing =
          switch (vertex.op()) {
            case Op.Source source
                when !source.scheme().equals("docker-image") && !source.scheme().equals("local") ->
                "source " + source.scheme() + "://";
            case Op.Source _,
                Op.Exec _,
                Op.File _,
                Op.Merge _,
                Op.Diff _,
                Op.Build _,
                Op.Passthrough _ ->
                "";
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
