package dev.slipway.execute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Mount.Sharing;
import dev.slipway.graph.Op;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepOutput;
import dev.slipway.snapshot.StoredLayer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Steps with cache mounts in real containers; needs to run as a worker does, with runc and a static
 * busybox on the machine.
 */
@Timeout(60)
class StepMountsIT {
  @TempDir Path root;
  private StepBench bench;

  @BeforeEach
  void startWorker() throws Exception {
    bench =
        new StepBench(
            root,
            _ -> {
              throw new SlipwayException(ErrorKind.NOT_FOUND, "no client");
            });
  }

  @AfterEach
  void stopWorker() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @Test
  void keepsACacheMountFromStepToStepAndOutOfTheLayers() throws Exception {
    List<HeldMount> first =
        bench.succeeds(bench.run("busybox echo 1 >/c/file", cache("m", Sharing.SHARED)));

    bench.succeeds(
        bench.run("busybox cat /c/file; busybox rm /c/file", cache("m", Sharing.LOCKED)));
    bench.succeeds(bench.run("busybox ls -a /c; busybox ls -d /c", cache("other", Sharing.SHARED)));

    assertThat(first)
        .containsExactly(
            HeldMount.newBuilder()
                .setMountId("m")
                .setName("tenant/m")
                .setSize(2)
                .setVersion(1)
                .build());
    assertThat(bench.log()).isEqualTo("1\n.\n..\n/c\n");
    for (StoredLayer layer : bench.store.inventory()) {
      assertThat(layer.directory().resolve("c")).doesNotExist();
    }
  }

  @Test
  void keepsWhatAFailedStepWrote() throws Exception {
    StageOutcome failed = bench.run("busybox echo 1 >/c/file; exit 3", cache("m", Sharing.SHARED));

    assertThat(failed.getFailed().getExitCode()).isEqualTo(3);
    assertThat(failed.getFailed().getCacheMountsList()).hasSize(1);
    bench.succeeds(bench.run("busybox cat /c/file", cache("m", Sharing.SHARED)));
    assertThat(bench.log()).isEqualTo("1\n");
  }

  @Test
  void refusesWritesToAReadOnlyMount() throws Exception {
    List<HeldMount> used =
        bench.succeeds(
            bench.run(
                "busybox touch /c/x 2>/dev/null && exit 1; exit 0",
                new Mount(-1, "", "/c", -1, true, new Mount.Kind.Cache("m", Sharing.SHARED))));

    assertThat(used).isEmpty();
    assertThat(bench.mounts.records().getFirst().version()).isZero();
  }

  @Test
  void beginsWithWhatIsAtTheSelectorOfItsInput() throws Exception {
    Mount seeded =
        new Mount(0, "/away", "/c", -1, false, new Mount.Kind.Cache("m", Sharing.SHARED));

    bench.succeeds(bench.run("busybox cat /c/sub/file; busybox rm /c/sub/file", seeded));
    bench.succeeds(bench.run("busybox ls /c/sub; busybox cat /seed/sub/file", seeded));

    assertThat(bench.log()).isEqualTo("seeded\nseeded\n");
  }

  @Test
  void saysWhenThereIsNothingToBeginWith() throws Exception {
    Mount nowhere =
        new Mount(0, "/nowhere", "/c", -1, false, new Mount.Kind.Cache("m", Sharing.SHARED));

    assertThat(bench.run("true", nowhere).getFailed().getMessage())
        .contains("\"/nowhere\": not found");
    assertThat(bench.mounts.records()).isEmpty();
  }

  @Test
  void beginsWithTheOwnerAndModeOfADirectoryThatWasMadeForIt() throws Exception {
    FileAction.Owner owner =
        new FileAction.Owner(Optional.of(new Identity.ById(7)), Optional.of(new Identity.ById(8)));
    FileAction make =
        new FileAction(
            -1,
            -1,
            0,
            new FileAction.Change.MakeDirectory(
                "/cache", 0750, false, Optional.of(owner), FileAction.NO_TIMESTAMP));
    Step root =
        Step.newBuilder()
            .setVertex(StepBench.VERTEX)
            .setName("root")
            .setOp(StepBench.bytes(new Op.File(List.of(make)), 0))
            .build();
    Mount mount =
        new Mount(1, "/cache", "/c", -1, false, new Mount.Kind.Cache("m", Sharing.SHARED));
    Step step =
        StepBench.step("busybox stat -c '%u %g %a' /c; busybox touch /c/x", List.of(mount), 2);
    StepInput made = StepInput.newBuilder().setPrevious(StepOutput.newBuilder().setStep(0)).build();

    bench.succeeds(
        bench.run(root, step.toBuilder().addInputs(StepBench.BASE).addInputs(made).build()));

    assertThat(bench.log()).isEqualTo("7 8 750\n");
  }

  @Test
  @Feature(value = "exec: cache mount, shared", area = Area.LLB)
  void letsStepsShareAMount() throws Exception {
    CompletableFuture<StageOutcome> one =
        bench.running(
            "busybox touch /c/one; until [ -e /c/two ]; do busybox sleep 0.05; done",
            cache("m", Sharing.SHARED));
    CompletableFuture<StageOutcome> two =
        bench.running(
            "busybox touch /c/two; until [ -e /c/one ]; do busybox sleep 0.05; done",
            cache("m", Sharing.SHARED));

    assertThat(one.get().hasSucceeded()).isTrue();
    assertThat(two.get().hasSucceeded()).isTrue();
    assertThat(bench.mounts.records()).hasSize(1);
  }

  @Test
  @Feature(value = "exec: cache mount, private", area = Area.LLB)
  void keepsStepsWithAPrivateMountApart() throws Exception {
    // Each holds the other's gate open in a mount that they share.
    String script =
        "busybox touch /c/mine /s/$$-%s; until [ $(busybox ls /s | busybox wc -l) = 2 ]; do busybox sleep 0.05; done;"
            + " busybox ls /c | busybox wc -l";
    Mount gate = new Mount(-1, "", "/s", -1, false, new Mount.Kind.Cache("s", Sharing.SHARED));
    CompletableFuture<StageOutcome> one =
        bench.running(script.formatted("1"), cache("m", Sharing.PRIVATE), gate);
    CompletableFuture<StageOutcome> two =
        bench.running(script.formatted("2"), cache("m", Sharing.PRIVATE), gate);

    assertThat(one.get().hasSucceeded()).isTrue();
    assertThat(two.get().hasSucceeded()).isTrue();
    assertThat(bench.log()).isEqualTo("1\n1\n");
    assertThat(bench.mounts.records()).hasSize(3);
  }

  @Test
  @Feature(value = "exec: cache mount, locked", area = Area.LLB)
  void runsStepsWithALockedMountOneAfterTheOther() throws Exception {
    String script = "busybox mkdir /c/held && busybox sleep 0.3 && busybox rmdir /c/held";
    List<CompletableFuture<StageOutcome>> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(bench.running(script, cache("m", Sharing.LOCKED)));
    }

    for (CompletableFuture<StageOutcome> one : all) {
      assertThat(one.get().hasSucceeded()).as(one.get().toString()).isTrue();
    }
    assertThat(bench.mounts.records()).hasSize(1);
    assertThat(bench.mounts.records().getFirst().uses()).isEqualTo(3);
  }

  @Test
  void mountsOneCopyInTwoPlaces() throws Exception {
    Mount again = new Mount(-1, "", "/d", -1, true, new Mount.Kind.Cache("m", Sharing.LOCKED));

    bench.succeeds(
        bench.run("busybox echo 1 >/c/x; busybox cat /d/x", cache("m", Sharing.LOCKED), again));

    assertThat(bench.log()).isEqualTo("1\n");
  }

  @Test
  void makesMountPointsInsideAMountWithoutLeavingIt() throws Exception {
    bench.succeeds(
        bench.run("busybox ln -s /../../../../../../../tmp /c/link", cache("m", Sharing.SHARED)));
    Mount below = new Mount(-1, "", "/c/sub/dir", -1, false, new Mount.Kind.Tmpfs(0));
    Mount through = new Mount(-1, "", "/c/link/slipway-it", -1, false, new Mount.Kind.Tmpfs(0));

    bench.succeeds(
        bench.run(
            "busybox touch /c/sub/dir/x /c/top; busybox readlink /c/link",
            cache("m", Sharing.SHARED),
            below));
    bench.run("busybox ls -d /tmp/slipway-it", cache("m", Sharing.SHARED), through);

    assertThat(Path.of("/tmp/slipway-it")).doesNotExist();
    assertThat(bench.mounts.records()).hasSize(1);
  }

  @Test
  void refusesARootFilesystemThatIsNoInput() throws Exception {
    Step step =
        StepBench.step(
            "true",
            List.of(),
            List.of(new Mount(-1, "", "/", -1, false, new Mount.Kind.Tmpfs(0))),
            0);

    assertThat(bench.run(step).getFailed().getMessage()).contains("invalid mount type TMPFS for /");
  }

  private static Mount cache(String id, Sharing sharing) {
    return new Mount(-1, "", "/c", -1, false, new Mount.Kind.Cache(id, sharing));
  }
}
