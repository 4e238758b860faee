package dev.slipway.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Edge;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StagePlannerTest {
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");

  @Test
  void makesAChainOfRunsOneStage() {
    Vertex one = graphs.run("one", base);
    Vertex two = graphs.run("two", one);
    Vertex three = graphs.run("three", two);

    var stages = ready(three, one, two, three);

    assertThat(stages).containsExactly(List.of("one", "two", "three"));
  }

  @Test
  void runsIndependentBranchesAtTheSameTime() {
    Vertex left = graphs.run("left", base);
    Vertex right = graphs.run("right", base);
    Vertex join = graphs.copy("join", left, right);

    var stages = ready(join, left, right, join);

    assertThat(stages).containsExactly(List.of("left"), List.of("right"));
  }

  @Test
  void doesNotHoldUpTheStepsBeforeACopyFromAnUnfinishedStage() {
    Vertex other = graphs.run("other", base);
    Vertex first = graphs.run("first", base);
    Vertex copy = graphs.copy("copy", first, other);
    Vertex last = graphs.run("last", copy);

    var stages = ready(last, other, first, copy, last);

    assertThat(stages).containsExactly(List.of("other"), List.of("first"));
  }

  @Test
  void goesOnThroughACopyWhoseSourceExists() {
    Vertex other = graphs.run("other", base);
    Vertex first = graphs.run("first", base);
    Vertex copy = graphs.copy("copy", first, other);
    Vertex last = graphs.run("last", copy);

    var stages = ready(last, first, copy, last);

    assertThat(stages).containsExactly(List.of("first", "copy", "last"));
  }

  @Test
  void givesABranchPointToOneContinuationOnly() {
    Vertex common = graphs.run("common", base);
    Vertex left = graphs.run("left", common);
    Vertex right = graphs.run("right", common);
    Vertex join = graphs.copy("join", left, right);

    var stages = ready(join, common, left, right, join);

    assertThat(stages).containsExactly(List.of("common", "left"));
  }

  @Test
  void leavesOutWhatNoResultNeeds() {
    Vertex wanted = graphs.run("wanted", base);
    graphs.run("unwanted", base);

    BuildGraph graph = BuildGraph.of(List.of(graphs.definition(wanted)));

    assertThat(graph.inOrder()).extracting(Vertex::name).containsExactly("busybox", "wanted");
  }

  private List<List<String>> ready(Vertex result, Vertex... waiting) {
    Set<Digest> open = new HashSet<>(Arrays.stream(waiting).map(Vertex::digest).toList());
    BuildGraph graph = BuildGraph.of(List.of(graphs.definition(result)));
    return StagePlanner.ready(graph, open, (Edge edge) -> !open.contains(edge.vertex())).stream()
        .map(stage -> stage.steps().stream().map(Vertex::name).toList())
        .toList();
  }
}
