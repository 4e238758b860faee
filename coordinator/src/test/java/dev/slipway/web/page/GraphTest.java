package dev.slipway.web.page;

import static dev.slipway.web.page.Builds.build;
import static dev.slipway.web.page.Builds.vertex;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.progress.Progress.VertexState;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class GraphTest {
  private final VertexState base = vertex("docker.io/library/busybox");
  private final VertexState make = vertex("[build 1/2] RUN make", base.digest());
  private final VertexState test = vertex("[build 2/2] RUN test", make.digest());
  private final VertexState copy = vertex("[stage-1 1/1] COPY /app", base.digest(), test.digest());

  @Test
  void theStepsOfADockerfilesStageShareABox() {
    Graph graph = Graph.of(build("b").has(base).has(make).has(test).has(copy).ended(1));

    assertThat(graph.boxes()).extracting(Graph.Box::title).containsExactly("", "build", "stage-1");
    assertThat(graph.boxes().get(1).rows())
        .extracting(Graph.Row::label)
        .containsExactly("RUN make", "RUN test");
  }

  @Test
  void whatIsReadStandsLeftOfWhatReadsIt() {
    Graph graph = Graph.of(build("b").has(copy).has(test).has(make).has(base).ended(1));

    assertThat(graph.boxes().stream().collect(Collectors.toMap(Graph.Box::title, Graph.Box::x)))
        .satisfies(x -> {
          assertThat(x.get("")).isLessThan(x.get("build"));
          assertThat(x.get("build")).isLessThan(x.get("stage-1"));
        });
    assertThat(graph.edges()).hasSize(3);
  }

  @Test
  void whatNobodyReadsIsCountedAndNotDrawn() {
    Graph graph = Graph.of(build("b").has(base).has(make).has(vertex("[internal] load")).ended(1));

    assertThat(graph.apart()).isEqualTo(1);
    assertThat(graph.boxes()).hasSize(2);
  }

  @Test
  void aCircleOfHostileNamesIsDrawnAllTheSame() {
    VertexState one = vertex("[a 1/2] one");
    VertexState two = vertex("[b 1/1] two", one.digest());
    VertexState three = vertex("[a 2/2] three", two.digest());

    assertThat(Graph.of(build("b").has(one).has(two).has(three).ended(1)).boxes()).hasSize(2);
  }

  @Test
  void aHugeGraphIsCutAndSaysSo() {
    Builds build = build("b").has(base);
    VertexState before = base;
    for (int i = 0; i < 2000; i++) {
      VertexState next = vertex("step " + i, before.digest());
      build.has(next);
      before = next;
    }

    Graph graph = Graph.of(build.ended(1));

    assertThat(graph.boxes()).hasSize(500);
    assertThat(graph.hidden()).isEqualTo(1501);
  }
}
