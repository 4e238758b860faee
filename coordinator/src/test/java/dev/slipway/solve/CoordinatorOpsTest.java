package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.plan.Graphs;
import dev.slipway.protocol.LlbCodec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CoordinatorOpsTest {
  private final FakeFarm farm = new FakeFarm();
  private final FarmSolver solver =
      new FarmSolver(TestParts.of(farm), TestLeases.alone(), TestLeases.nobody());
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");
  private final Vertex one = graphs.run("one", base);
  private final Vertex two = graphs.run("two", base);

  @Test
  void mergesByLayingChainsOverEachOtherWithoutAWorker() throws Exception {
    SolvedResult result = solve("build", graphs.merge("merged", one, two));

    assertThat(result.chain().layers())
        .hasSize(2)
        .allSatisfy(layer -> assertThat(layer).startsWith("snap:"));
    assertThat(farm.ran).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void keepsTheOrderOfAMerge() throws Exception {
    List<String> onlyOne = solve("first", one).chain().layers();
    List<String> onlyTwo = solve("second", two).chain().layers();

    List<String> merged = solve("third", graphs.merge("merged", two, one)).chain().layers();

    assertThat(merged).startsWith(onlyTwo.getFirst()).endsWith(onlyOne.getLast());
  }

  @Test
  void runsStepsOnAMerge() throws Exception {
    solve("build", graphs.run("three", graphs.merge("merged", one, two)));

    assertThat(farm.ran).hasSize(3).endsWith("three");
    assertThat(farm.stages.getLast().getSteps(0).getInputs(0).getChain().getLayersCount())
        .isEqualTo(2);
  }

  @Test
  void takesAMergeFromTheCache() throws Exception {
    Vertex merged = graphs.merge("merged", one, two);
    SolvedResult first = solve("first", merged);

    assertThat(solve("second", merged)).isEqualTo(first);
    assertThat(farm.ran).hasSize(2);
  }

  @Test
  void makesAMergeAgainWhoseLayersAreLost() throws Exception {
    Vertex merged = graphs.merge("merged", one, two);
    solve("first", merged);
    farm.dropHolder(FakeFarm.WORKER);

    solve("second", merged);

    assertThat(farm.ran).hasSize(4);
  }

  @Test
  void takesTheLayersOnTopForADifference() throws Exception {
    Vertex merged = graphs.merge("merged", one, two);

    SolvedResult result = solve("build", graphs.diff("diff", one, merged));

    assertThat(result.chain()).isEqualTo(solve("again", two).chain());
    assertThat(farm.ran).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void findsNoDifferenceBetweenAFilesystemAndItself() throws Exception {
    assertThat(solve("build", graphs.diff("diff", one, one)).chain().layers()).isEmpty();
  }

  @Test
  void asksAWorkerForTheDifferenceOfTwoThatDoNotBuildOnEachOther() throws Exception {
    SolvedResult result = solve("build", graphs.diff("diff", one, two));

    assertThat(farm.ran).hasSize(3).endsWith("diff");
    assertThat(result.chain().layers()).containsExactly("snap:diff-3");
  }

  @Test
  void makesWhatAPassthroughDoesNotGiveOn() throws Exception {
    SolvedResult result = solve("build", graphs.passthrough("pass", one, two));

    assertThat(farm.ran).containsExactlyInAnyOrder("one", "two");
    assertThat(result.chain()).isEqualTo(solve("again", one).chain());
  }

  @Test
  void solvesTheDefinitionThatAStepHasWritten() throws Exception {
    farm.files.put("/" + Op.Build.DEFAULT_FILE, definition("hello"));

    SolvedResult result = solve("build", graphs.build("nested", one));

    assertThat(farm.ran).containsExactly("one", "mkfile /hello");
    assertThat(result.chain().layers()).containsExactly("snap:mkfile /hello-2");
  }

  @Test
  void tellsThatADefinitionIsMissing() {
    assertThatThrownBy(() -> solve("build", graphs.build("nested", one)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("failed to open buildkit.llb.definition");
  }

  @Test
  void tellsThatAFileIsNoDefinition() {
    farm.files.put("/" + Op.Build.DEFAULT_FILE, new byte[] {1, 2, 3});

    assertThatThrownBy(() -> solve("build", graphs.build("nested", one)))
        .isInstanceOf(StepFailure.class)
        .hasMessageContaining("is no definition");
  }

  @Test
  void failsWithTheStepThatFailedInANestedDefinition() throws Exception {
    farm.files.put("/" + Op.Build.DEFAULT_FILE, definition("hello"));
    farm.failing.add("mkfile /hello");

    assertThatThrownBy(() -> solve("build", graphs.build("nested", one)))
        .isInstanceOfSatisfying(
            StepFailure.class, failure -> assertThat(failure.exitCode()).isEqualTo(7));
  }

  @Test
  void refusesDefinitionsThatFindThemselves() throws Exception {
    Vertex file = file("again");
    Vertex build =
        LlbCodec.vertex(
            new Op.Build(0, Map.of()),
            List.of(new Edge(file.digest(), 0)),
            Optional.empty(),
            VertexMetadata.NONE);
    farm.files.put("/" + Op.Build.DEFAULT_FILE, encode(build, file, build));

    assertThatThrownBy(() -> solve("build", graphs.build("nested", one)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("nested deeper than " + NestedBuilds.MAX_DEPTH + " levels");
  }

  private static byte[] definition(String name) {
    Vertex file = file(name);
    return encode(file, file);
  }

  private static Vertex file(String name) {
    var make = new Change.MakeFile("/" + name, 0644, new byte[0], Optional.empty(), -1);
    return LlbCodec.vertex(
        new Op.File(List.of(new FileAction(-1, -1, 0, make))),
        List.of(),
        Optional.empty(),
        VertexMetadata.NONE);
  }

  private static byte[] encode(Vertex result, Vertex... vertices) {
    Map<dev.slipway.oci.Digest, Vertex> all = new LinkedHashMap<>();
    for (Vertex vertex : vertices) {
      all.put(vertex.digest(), vertex);
    }
    return LlbCodec.encode(
            new Definition(all, Optional.of(new Edge(result.digest(), 0)), SourceMap.EMPTY))
        .toByteArray();
  }

  private SolvedResult solve(String build, Vertex result) throws Exception {
    return TestParts.solve(solver, build, graphs.definition(result));
  }
}
