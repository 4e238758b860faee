package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.plan.Graphs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class FarmSolverTest {
  private final FakeFarm farm = new FakeFarm();
  private final FarmSolver solver =
      new FarmSolver(TestParts.of(farm), TestLeases.alone(), TestLeases.nobody());
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");

  @Test
  void runsEachStepOnceInOrder() throws Exception {
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));

    SolvedResult result = solve("build", definition);

    assertThat(farm.ran).containsExactly("one", "two");
    assertThat(result.chain().layers()).containsExactly("snap:two-2");
  }

  @Test
  void runsNothingForABuildThatIsAllCached() throws Exception {
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));
    solve("first", definition);

    SolvedResult again = solve("second", definition);

    assertThat(farm.ran).hasSize(2);
    assertThat(again.chain().layers()).containsExactly("snap:two-2");
  }

  @Test
  void looksAtEachAncestorOnceHoweverManyWaysLeadToIt() throws Exception {
    Vertex top = graphs.run("bottom", base);
    for (int level = 0; level < 60; level++) {
      top = graphs.copy("level-" + level, top, top);
    }
    Definition definition = graphs.definition(top);
    solve("first", definition);

    solve("second", definition);

    assertThat(farm.ran).hasSize(61);
  }

  @Test
  void runsAgainWhatWasLostWithItsWorker() throws Exception {
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));
    solve("first", definition);
    farm.dropHolder(FakeFarm.WORKER);

    solve("second", definition);

    assertThat(farm.ran).containsExactly("one", "two", "one", "two");
  }

  @Test
  void finishesWhenAWorkerDiesInTheMiddle() throws Exception {
    farm.deadly.add("two");
    Definition definition =
        graphs.definition(graphs.run("three", graphs.run("two", graphs.run("one", base))));

    solve("build", definition);

    assertThat(farm.ran).containsExactly("one", "one", "two", "three");
  }

  @Test
  void runsStepsOfTwoEqualBuildsOnce() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));

    CompletableFuture<SolvedResult> first = solving("first", definition);
    CompletableFuture<SolvedResult> second = solving("second", definition);
    gate.countDown();

    assertThat(first.get().chain()).isEqualTo(second.get().chain());
    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void aStepThatItsBuildsClientLacksASecretForIsLeftToWhoeverWaits() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    farm.lacking.add("one");
    Definition definition = graphs.definition(graphs.run("one", base));
    CompletableFuture<SolvedResult> first = solving("first", definition);
    await().until(() -> !farm.stages.isEmpty());
    CompletableFuture<SolvedResult> second = solving("second", definition);
    gate.countDown();

    assertThatThrownBy(first::get).hasMessageContaining("secret token: not found");
    assertThat(second.get().chain().layers()).hasSize(1);
    assertThat(farm.ran).containsExactly("one", "one");
  }

  @Test
  void goesOnAfterStepsThatAnotherBuildMadeBetweenLookUpAndClaim() throws Exception {
    Vertex two = graphs.run("two", graphs.run("one", base));
    solve("first", graphs.definition(two));
    farm.blindLookUps.set(1);

    SolvedResult result = solve("second", graphs.definition(graphs.run("three", two)));

    assertThat(farm.ran).containsExactly("one", "two", "three");
    assertThat(result.chain().layers()).containsExactly("snap:three-3");
  }

  @Test
  void runsAllOfABuildThatFailedBeforeOnceItsStepWorks() throws Exception {
    farm.failing.add("one");
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));
    assertThatThrownBy(() -> solve("first", definition)).isInstanceOf(StepFailure.class);
    farm.failing.clear();

    solve("second", definition);

    assertThat(farm.ran).containsExactly("one", "one", "two");
  }

  @Test
  void tellsWhichStepFailedAndHow() {
    farm.failing.add("one");
    Vertex one = graphs.run("one", base);
    Definition definition = graphs.definition(graphs.run("two", one));

    assertThatThrownBy(() -> solve("build", definition))
        .isInstanceOfSatisfying(
            StepFailure.class,
            failure -> {
              assertThat(failure).hasMessage("exit code: 7");
              assertThat(failure.vertex()).isEqualTo(one.digest());
              assertThat(failure.exitCode()).isEqualTo(7);
            });
  }

  @Test
  void cancelsRunningStagesWhenTheCallerIsInterrupted() throws Exception {
    farm.held.put("one", new CountDownLatch(1));
    Definition definition = graphs.definition(graphs.run("one", base));
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread caller =
        Thread.ofVirtual()
            .start(() -> {
              try {
                solve("build", definition);
              } catch (SlipwayException | InterruptedException e) {
                end.complete(e);
              }
            });

    await().until(() -> caller.getState() == Thread.State.WAITING);
    caller.interrupt();

    assertThat(end.get()).isInstanceOf(InterruptedException.class);
    await().until(() -> farm.cancelled.size() == 1);
  }

  @Test
  void runsStepsToldNotToUseTheCacheOncePerBuild() throws Exception {
    Definition plain = graphs.definition(graphs.run("one", base));
    solve("earlier", plain);
    Vertex fresh = graphs.fresh(graphs.run("one", base));
    Definition definition = graphs.definition(fresh);

    solve("build", definition);
    solve("build", definition);

    assertThat(farm.ran).containsExactly("one", "one");
  }

  @Test
  void makesResultsOfTheSameBuildAgainWhenTheirBytesAreGone() throws Exception {
    Definition definition = graphs.definition(graphs.fresh(graphs.run("one", base)));
    solve("build", definition);
    farm.dropHolder(FakeFarm.WORKER);

    SolvedResult again = solve("build", definition);

    assertThat(farm.ran).containsExactly("one", "one");
    assertThat(again.chain().layers()).containsExactly("snap:one-2");
  }

  private SolvedResult solve(String buildId, Definition definition)
      throws SlipwayException, InterruptedException {
    return TestParts.solve(solver, buildId, definition);
  }

  private CompletableFuture<SolvedResult> solving(String buildId, Definition definition) {
    return TestParts.solving(solver, buildId, definition);
  }
}
