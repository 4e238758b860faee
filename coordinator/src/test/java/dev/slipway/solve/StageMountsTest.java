package dev.slipway.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Vertex;
import dev.slipway.identity.Rights;
import dev.slipway.plan.Graphs;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.CacheMount;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StageMountsTest {
  private final FakeFarm farm = new FakeFarm();
  private final AtomicInteger locksWanted = new AtomicInteger();
  private final FarmSolver solver =
      new FarmSolver(TestParts.of(farm, mounts()), TestLeases.alone(), TestLeases.nobody());
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");

  /** The cluster outlives a test: each has mounts of its own. */
  private final String id = UUID.randomUUID().toString();

  @Test
  void countsTheVersionsOfACacheMountUp() throws Exception {
    solve("first", shared("one"));

    solve("second", shared("two"));

    assertThat(mount(0).getVersion()).isZero();
    assertThat(mount(0).getName()).isEqualTo("tenant/" + id);
    assertThat(mount(1).getMountId()).isEqualTo(mount(0).getMountId());
    assertThat(mount(1).getVersion()).isEqualTo(1);
    assertThat(mount(1).getHeldVersion()).isEqualTo(1);
    assertThat(mount(1).getCopiesList()).isEmpty();
  }

  @Test
  void tellsAWorkerWhereTheNewestCopyIs() throws Exception {
    solve("first", shared("one"));
    farm.placement.put("two", FakeFarm.OTHER);

    solve("second", shared("two"));
    solve("third", shared("three"));

    assertThat(mount(1).getHeldVersion()).isZero();
    assertThat(mount(1).getCopies(0).getUrl())
        .startsWith("http://worker-1:1/mounts/mount%3Asha256%3A");
    assertThat(mount(2).getVersion()).isEqualTo(2);
    assertThat(mount(2).getHeldVersion()).isEqualTo(1);
    assertThat(mount(2).getCopies(0).getUrl()).startsWith("http://worker-2:1/");
  }

  @Test
  void wantsAStageWhereTheNewestCopyIs() throws Exception {
    farm.placement.put("one", FakeFarm.OTHER);
    solve("first", shared("one"));

    solve("second", shared("two"));

    assertThat(farm.requests.getLast().bytesByWorker())
        .containsEntry(FakeFarm.OTHER, FakeFarm.MOUNT_BYTES);
  }

  @Test
  void countsWhatAFailedStepWrote() throws Exception {
    farm.failing.add("one");
    assertThatThrownBy(() -> solve("first", shared("one"))).isInstanceOf(StepFailure.class);

    solve("second", shared("two"));

    assertThat(mount(1).getVersion()).isEqualTo(1);
  }

  @Test
  void throwsCopiesAwayOnceInABuildWithoutTheCache() throws Exception {
    solve("first", shared("one"));
    Vertex two = graphs.fresh(shared("two"));
    Vertex three = graphs.fresh(graphs.run("three", two, id, Mount.Sharing.SHARED));

    solve("second", three);

    assertThat(farm.ran).containsExactly("one", "two", "three");
    CacheMount fresh = farm.stages.get(1).getSteps(0).getCacheMounts(0);
    assertThat(fresh.getOldest()).isGreaterThan(1);
    assertThat(fresh.getVersion()).isEqualTo(fresh.getOldest());
    assertThat(fresh.getCopiesList()).isEmpty();
    assertThat(farm.stages.get(1).getSteps(1).getCacheMounts(0).getOldest())
        .isEqualTo(fresh.getOldest());
  }

  @Test
  void runsAStepWithALockedMountAsAStageOfItsOwn() throws Exception {
    solve("build", graphs.run("three", locked("two", graphs.run("one", base))));

    assertThat(farm.stages).hasSize(3);
    assertThat(farm.ran).containsExactly("one", "two", "three");
  }

  @Test
  void runsOneStepAtATimeWithALockedMount() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    CompletableFuture<Void> first = solving("first", locked("one", base));
    await().until(() -> farm.stages.size() == 1);

    CompletableFuture<Void> second = solving("second", locked("two", base));
    CompletableFuture<Void> other =
        solving("third", graphs.run("three", base, id + "-other", Mount.Sharing.LOCKED));
    other.get();

    assertThat(farm.ran).containsExactly("three");
    gate.countDown();
    first.get();
    second.get();
    assertThat(farm.ran).containsExactly("three", "one", "two");
    assertThat(farm.stages.getLast().getSteps(0).getCacheMounts(0).getVersion()).isEqualTo(1);
  }

  @Test
  void givesTheLockBackWhenTheStepFails() throws Exception {
    farm.failing.add("one");
    assertThatThrownBy(() -> solve("first", locked("one", base))).isInstanceOf(StepFailure.class);

    solve("second", locked("two", base));

    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void givesTheLockBackWhenTheWorkerDies() throws Exception {
    farm.deadly.add("one");

    solve("first", locked("one", base));
    solve("second", locked("two", base));

    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void keepsTheLockOfACancelledBuildUntilItsStepHasEnded() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    Definition one = graphs.definition(locked("one", base));
    Thread first = Thread.ofVirtual().start(() -> solveOrEnd("first", one));
    await().until(() -> farm.stages.size() == 1);
    CompletableFuture<Void> second = solving("second", locked("two", base));

    first.interrupt();
    first.join();

    assertThat(farm.cancelled).hasSize(1);
    assertThat(farm.ran).isEmpty();
    gate.countDown();
    second.get();
    assertThat(farm.ran).containsExactly("two");
  }

  @Test
  void givesUpWaitingForALockWithItsBuild() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    CompletableFuture<Void> first = solving("first", locked("one", base));
    await().until(() -> farm.stages.size() == 1);
    Definition two = graphs.definition(locked("two", base));
    Thread second = Thread.ofVirtual().start(() -> solveOrEnd("second", two));

    await().until(() -> locksWanted.get() == 2);
    second.interrupt();
    second.join();
    gate.countDown();
    first.get();
    solve("third", locked("three", base));

    assertThat(farm.ran).containsExactly("one", "three");
  }

  private FarmMounts mounts() {
    FarmMounts real = TestLeases.mounts();
    return new FarmMounts(
        real.index(),
        (name, build) -> {
          locksWanted.incrementAndGet();
          return real.locks().acquire(name, build);
        });
  }

  private Vertex shared(String name) {
    return graphs.run(name, base, id, Mount.Sharing.SHARED);
  }

  private Vertex locked(String name, Vertex root) {
    return graphs.run(name, root, id, Mount.Sharing.LOCKED);
  }

  private CacheMount mount(int stage) {
    return farm.stages.get(stage).getSteps(0).getCacheMounts(0);
  }

  private void solve(String buildId, Vertex result) throws Exception {
    solve(buildId, graphs.definition(result));
  }

  private void solve(String buildId, Definition definition) throws Exception {
    try {
      solver.solve(
          new BuildContext(buildId, "", Rights.of("tenant"), Progress.NONE), List.of(definition));
    } finally {
      solver.forget(buildId);
    }
  }

  private void solveOrEnd(String buildId, Definition definition) {
    try {
      solve(buildId, definition);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private CompletableFuture<Void> solving(String buildId, Vertex result) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Definition definition = graphs.definition(result);
    Thread.ofVirtual()
        .start(() -> {
          try {
            solve(buildId, definition);
            done.complete(null);
          } catch (Exception e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }
}
