package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.plan.Graphs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Results found by what their inputs contain. */
@Timeout(60)
class ContentKeysTest {
  private final FakeFarm farm = new FakeFarm();
  private final FarmSolver solver =
      new FarmSolver(TestParts.of(farm), TestLeases.alone(), TestLeases.nobody());

  @Test
  void stepsOnARebuiltStageWithTheSameOutputAreHits() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    solve("first", app("compile"));

    SolvedResult result = solve("second", app("compile again"));

    assertThat(farm.ran).containsExactly("compile", "copy", "test", "compile again");
    assertThat(result.chain().layers()).containsExactly("snap:test-3");
  }

  @Test
  void whatWasFoundByContentIsFoundByDefinitionTheNextTime() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    solve("first", app("compile"));
    solve("second", app("compile again"));
    farm.lookUps.clear();
    farm.questions.clear();

    solve("third", app("compile again"));

    assertThat(farm.ran).hasSize(4);
    assertThat(farm.questions).isEmpty();
    assertThat(farm.lookUps).containsExactly("records", "layers");
  }

  @Test
  void stepsOnARebuiltStageWithAnotherOutputRun() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "better program");
    solve("first", app("compile"));

    solve("second", app("compile again"));

    assertThat(farm.ran)
        .containsExactly("compile", "copy", "test", "compile again", "copy", "test");
  }

  @Test
  void copiesOfCopiesAreFoundAtOnce() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    farm.output.put("copy", "copied");
    solve("first", packed("compile"));

    solve("second", packed("compile again"));

    assertThat(farm.ran).containsExactly("compile", "copy", "pack", "compile again");
  }

  @Test
  void newBuildsAskNoWorkerForDigests() throws Exception {
    solve("build", app("compile"));

    assertThat(farm.questions).isEmpty();
    assertThat(farm.stages)
        .flatMap(stage -> stage.getStepsList())
        .filteredOn(step -> step.getContentInputsCount() > 0)
        .extracting(step -> step.getName())
        .containsExactly("copy");
  }

  @Test
  void resultWhoseBytesAreGoneIsAMiss() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    solve("first", app("compile"));
    farm.dropHolder(FakeFarm.WORKER);

    solve("second", app("compile again"));

    assertThat(farm.ran)
        .containsExactly("compile", "copy", "test", "compile again", "copy", "test");
  }

  @Test
  void aWorkerThatCannotDigestCostsOnlyTheHit() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    solve("first", app("compile"));
    farm.digests = false;

    solve("second", app("compile again"));

    assertThat(farm.questions).hasSize(1);
    assertThat(farm.ran)
        .containsExactly("compile", "copy", "test", "compile again", "copy", "test");
  }

  @Test
  void theStageGoesOnForSureOnlyAfterTheWorkersAnswer() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    solve("first", app("compile"));
    farm.thinking = new CountDownLatch(1);

    CompletableFuture<SolvedResult> second = solving("second", app("compile again"));
    await().until(() -> farm.questions.size() == 1);
    farm.thinking.countDown();

    assertThat(second.get().chain().layers()).containsExactly("snap:test-3");
    assertThat(farm.ran).containsExactly("compile", "copy", "test", "compile again");
  }

  @Test
  void stepToldNotToUseTheCacheMakesOnlyWhatReadsAnotherOutputRun() throws Exception {
    farm.output.put("compile", "program");
    solve("first", app("compile"));
    Graphs graphs = new Graphs();
    Vertex base = graphs.image("busybox");
    Vertex copy =
        graphs.copy(
            "copy", base, graphs.fresh(graphs.run("compile", graphs.image("jdk"))), "/program");

    solve("second", graphs.definition(graphs.run("test", copy)));

    assertThat(farm.ran).containsExactly("compile", "copy", "test", "compile");
  }

  @Test
  void aCachedBuildOfTwoHundredStepsIsLookedUpInTwoRoundTrips() throws Exception {
    solve("first", wide());
    farm.lookUps.clear();
    int steps = farm.ran.size();

    solve("second", wide());

    assertThat(steps).isGreaterThan(200);
    assertThat(farm.ran).hasSize(steps);
    assertThat(farm.lookUps).containsExactly("records", "layers");
    assertThat(farm.questions).isEmpty();
  }

  @Test
  void whatBuildsOnTwoHundredRebuiltStepsIsLookedUpInOneBatch() throws Exception {
    farm.output.put("compile", "program");
    farm.output.put("compile again", "program");
    solve("first", deep("compile"));
    farm.lookUps.clear();

    solve("second", deep("compile again"));

    assertThat(farm.ran).hasSize(203).endsWith("compile again");
    assertThat(farm.lookUps.size()).isLessThan(15);
  }

  @Test
  void aCachedBuildHoldsWhatItExportsAndNothingElse() throws Exception {
    solve("first", app("compile"));
    solver.forget("first");

    solve("second", app("compile"));

    assertThat(farm.holds).containsOnlyKeys("second");
    assertThat(farm.holds.get("second")).containsExactly("snap:test-3");
    solver.forget("second");
    assertThat(farm.holds).isEmpty();
  }

  @Test
  void aRunningBuildHoldsWhatItsStepsMade() throws Exception {
    solve("build", app("compile"));

    assertThat(farm.holds.get("build"))
        .containsExactlyInAnyOrder("snap:compile-1", "snap:copy-2", "snap:test-3");
  }

  /** A program built in one stage, copied into another and tested there. */
  private static Definition app(String compile) {
    Graphs graphs = new Graphs();
    Vertex program = graphs.run(compile, graphs.image("jdk"));
    Vertex copy = graphs.copy("copy", graphs.image("busybox"), program, "/program");
    return graphs.definition(graphs.run("test", copy));
  }

  /** The same, with the copy copied once more into an empty image. */
  private static Definition packed(String compile) {
    Graphs graphs = new Graphs();
    Vertex program = graphs.run(compile, graphs.image("jdk"));
    Vertex copy = graphs.copy("copy", graphs.image("busybox"), program, "/program");
    return graphs.definition(graphs.copy("pack", graphs.image("tiny"), copy, "/bin"));
  }

  private static Definition deep(String compile) {
    Graphs graphs = new Graphs();
    Vertex program = graphs.run(compile, graphs.image("jdk"));
    Vertex top = graphs.copy("copy", graphs.image("busybox"), program, "/program");
    for (int i = 0; i < 200; i++) {
      top = graphs.run("step " + i, top);
    }
    return graphs.definition(top);
  }

  private static Definition wide() {
    Graphs graphs = new Graphs();
    Vertex top = graphs.image("busybox");
    for (int i = 0; i < 101; i++) {
      Vertex side = graphs.run("side " + i, graphs.image("jdk"));
      top = graphs.copy("copy " + i, top, side, "/out");
    }
    return graphs.definition(top);
  }

  private SolvedResult solve(String buildId, Definition definition)
      throws SlipwayException, InterruptedException {
    return TestParts.solve(solver, buildId, definition);
  }

  private CompletableFuture<SolvedResult> solving(String buildId, Definition definition) {
    return TestParts.solving(solver, buildId, definition);
  }
}
