package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.identity.Rights;
import dev.slipway.plan.Graphs;
import dev.slipway.progress.Progress;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sub-lines that say where a step runs and what it waits for. */
@Timeout(20)
class ProgressLinesTest {
  private final FakeFarm farm = new FakeFarm();
  private final FarmSolver solver =
      new FarmSolver(TestParts.of(farm), TestLeases.alone(), TestLeases.nobody());
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");
  private final Lines lines = new Lines();

  /** Sub-lines in the order in which they were shown; those that ended say so. */
  private static final class Lines implements Progress {
    private final List<String> shown = new CopyOnWriteArrayList<>();

    @Override
    public void vertex(VertexState vertex) {}

    @Override
    public void status(StatusLine status) {
      shown.add(status.name() + (status.completed().isPresent() ? "." : "…"));
    }

    @Override
    public void log(LogChunk chunk) {}

    @Override
    public void warning(Warning warning) {}
  }

  private void solve(String buildId, Definition definition) throws Exception {
    solver.solve(new BuildContext(buildId, "", Rights.of(""), lines), List.of(definition));
  }

  @Test
  void eachStepNamesItsWorkerOnce() throws Exception {
    solve("build", graphs.definition(graphs.run("two", graphs.run("one", base))));

    assertThat(lines.shown).containsExactly("on worker-1.", "on worker-1.");
  }

  @Test
  void aStepWhoseWorkerIsLostSaysThatItBeginsAgain() throws Exception {
    farm.deadly.add("one");

    solve("build", graphs.definition(graphs.run("one", base)));

    assertThat(lines.shown)
        .containsExactly("on worker-1.", "begins again: worker-1 left the farm.", "on worker-1.");
  }

  @Test
  void aStepOfAnotherBuildIsWaitedForAndSaysWhereItRuns() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    Definition definition = graphs.definition(graphs.run("one", base));
    CompletableFuture<SolvedResult> first = TestParts.solving(solver, "first", definition);
    await().until(() -> !farm.stages.isEmpty());
    CompletableFuture<SolvedResult> second = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            solve("second", definition);
            second.complete(first.get());
          } catch (Exception e) {
            second.completeExceptionally(e);
          }
        });

    await().until(() -> lines.shown.contains("on worker-1."));
    gate.countDown();
    second.get();

    assertThat(lines.shown)
        .containsExactly(
            "waiting for another build, which runs this step…",
            "on worker-1.",
            "waiting for another build, which runs this step.");
  }

  @Test
  void aWaitIsSaidOnceAndEndsWithTheNext() {
    VertexProgress progress = new VertexProgress(lines, Clock.systemUTC());
    Vertex step = graphs.run("one", base);
    progress.announce(step);

    progress.waiting(step.digest(), "two ahead");
    progress.waiting(step.digest(), "two ahead");
    progress.waiting(step.digest(), "next");
    progress.waited(step.digest());
    progress.waited(step.digest());

    assertThat(lines.shown).containsExactly("two ahead…", "two ahead.", "next…", "next.");
  }
}
