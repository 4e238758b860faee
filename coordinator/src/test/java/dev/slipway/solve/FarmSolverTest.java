package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.plan.Graphs;
import dev.slipway.progress.BuildReport;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class FarmSolverTest {
  private final FakeFarm farm = new FakeFarm();
  private final FarmSolver solver =
      new FarmSolver(parts(), TestLeases.alone(), TestLeases.nobody());
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
    return solver
        .solve(new BuildContext(buildId, "", "", Progress.NONE), List.of(definition))
        .getFirst();
  }

  private CompletableFuture<SolvedResult> solving(String buildId, Definition definition) {
    CompletableFuture<SolvedResult> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(solve(buildId, definition));
          } catch (SlipwayException | InterruptedException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private SolveParts parts() {
    Meters meters = new Meters(new SimpleMeterRegistry());
    ImageLookup images = new OneImage();
    Sources sources =
        new Sources(
            (id, _) -> {
              throw new SlipwayException(ErrorKind.UNAVAILABLE, "no active session for " + id);
            },
            images,
            farm,
            meters,
            Clock.systemUTC());
    LayerReferences references =
        new FarmLayerReferences(farm, farm, images, sources, () -> "http://127.0.0.1:1");
    return new SolveParts(
        farm,
        farm,
        farm,
        sources,
        references,
        new NoTrees(),
        TestLeases.mounts(),
        BuildReport.NONE,
        meters,
        Duration.ofHours(6),
        Clock.systemUTC());
  }

  private static final class OneImage implements ImageLookup {
    @Override
    public Digest digest(ImageReference reference, Platform platform, Authenticator authenticator) {
      return Digest.ofText(reference.toString());
    }

    @Override
    public List<LayerRecord> layers(
        ImageReference reference, Platform platform, Authenticator authenticator) {
      return List.of(
          new LayerRecord(
              "chain:base",
              1,
              Optional.empty(),
              Optional.of(new LayerRecord.Origin(reference.name())),
              Set.of()));
    }

    @Override
    public List<BlobSource> pullSources(
        String repository, Digest blob, Authenticator authenticator) {
      return List.of();
    }
  }

  private static final class NoTrees implements PublishedTrees {
    @Override
    public void publish(String buildId, ContextTree tree) {}

    @Override
    public void release(String buildId) {}
  }
}
