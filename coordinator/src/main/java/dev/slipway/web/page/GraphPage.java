package dev.slipway.web.page;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.BuildSummary;
import java.time.Duration;

/** The vertices of a build and what they are made from. */
final class GraphPage implements Pages.Source {
  private static final Duration RUNNING_REFRESH = Duration.ofSeconds(2);

  private final PageParts parts;

  GraphPage(PageParts parts) {
    this.parts = parts;
  }

  /** What the template shows. */
  record Model(BuildHead head, Graph graph) {}

  @Override
  public View view(PageRequest request) throws SlipwayException {
    String id = request.parameter("id");
    BuildDetail build =
        parts
            .builds()
            .find(id)
            .filter(each -> request.viewer().sees(each.summary().tenant()))
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.NOT_FOUND, "no graph of a build " + id + " is kept here"));
    Model model =
        new Model(
            BuildHead.of(build.summary(), parts.clock().instant(), BuildHead.Tab.GRAPH),
            Graph.of(build));
    return build.summary().state() == BuildSummary.State.RUNNING
        ? View.live(
            "Graph of " + build.summary().name(), Section.BUILDS, "graph", model, RUNNING_REFRESH)
        : View.still("Graph of " + build.summary().name(), Section.BUILDS, "graph", model);
  }
}
