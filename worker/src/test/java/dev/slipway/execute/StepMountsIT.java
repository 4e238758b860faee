package dev.slipway.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.config.GcSettings;
import dev.slipway.gc.Disk;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.MountShelf;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Mount.Sharing;
import dev.slipway.graph.Op;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.layers.LayerApplier;
import dev.slipway.layers.LayerLimits;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.oci.Digest;
import dev.slipway.part.Parts;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerChain;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepOutput;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.sandbox.NetworkPool;
import dev.slipway.sandbox.Readiness;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.sandbox.SandboxConfig;
import dev.slipway.sandbox.Unreachable;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.source.LayerFetcher;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
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
  private static final Path BUSYBOX = Path.of("/usr/bin/busybox");
  private static final String VERTEX = "sha256:" + "1".repeat(64);
  private static final StepInput BASE = chain("tree:busybox");

  @TempDir Path root;
  private SnapshotStore store;
  private CacheMounts mounts;
  private DiskKeeper disk;
  private NetworkPool networks;
  private LayerFetcher fetcher;
  private StageExecutor executor;
  private final List<StageEvent> events = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void startWorker() throws Exception {
    Readiness readiness = Readiness.probe("runc");
    assumeTrue(readiness.missing().isEmpty() && Files.exists(BUSYBOX), "not where a worker runs");
    InstantSource clock = InstantSource.system();
    Meters meters = new Meters(new SimpleMeterRegistry());
    store = OverlaySnapshots.open(root.resolve("snapshots"), clock);
    mounts = CacheMounts.open(root.resolve("mounts"), (_, _) -> {}, clock);
    disk =
        new DiskKeeper(
            "it",
            store,
            List.of(new MountShelf(mounts)),
            Disk.of(root),
            GcSettings.DEFAULT,
            clock,
            meters);
    networks =
        new NetworkPool(
            root.resolve("net"), readiness.egress(), Unreachable.around(List.of("127.0.0.1:1")));
    fetcher =
        new LayerFetcher(
            store,
            new LayerApplier(),
            new BlobTransfer(RetryPolicy.DEFAULT),
            Files.createDirectory(root.resolve("scratch")),
            clock,
            meters,
            _ -> {});
    executor =
        new StageExecutor(
            store,
            mounts,
            fetcher,
            new Sandbox(new SandboxConfig("runc", root.resolve("sandbox")), networks),
            disk,
            new Parts(store),
            LayerLimits.DEFAULT,
            clock,
            meters,
            _ -> {});
    try (LayerWriter base = store.prepare("tree:busybox", List.of())) {
      Path bin = Files.createDirectories(base.directory().resolve("bin"));
      Files.copy(BUSYBOX, bin.resolve("busybox"), StandardCopyOption.COPY_ATTRIBUTES);
      Files.createSymbolicLink(bin.resolve("sh"), Path.of("busybox"));
      Files.createDirectories(base.directory().resolve("seed/sub"));
      Files.writeString(base.directory().resolve("seed/sub/file"), "seeded\n");
      Files.createSymbolicLink(base.directory().resolve("away"), Path.of("../../../../seed"));
      base.commit(0);
    }
  }

  @AfterEach
  void stopWorker() throws Exception {
    if (executor != null) {
      disk.close();
      networks.close();
      mounts.close();
      store.close();
    }
  }

  @Test
  void keepsACacheMountFromStepToStepAndOutOfTheLayers() throws Exception {
    List<HeldMount> first = succeeds(run("busybox echo 1 >/c/file", cache("m", Sharing.SHARED)));

    succeeds(run("busybox cat /c/file; busybox rm /c/file", cache("m", Sharing.LOCKED)));
    succeeds(run("busybox ls -a /c; busybox ls -d /c", cache("other", Sharing.SHARED)));

    assertThat(first)
        .containsExactly(
            HeldMount.newBuilder()
                .setMountId("m")
                .setName("tenant/m")
                .setSize(2)
                .setVersion(1)
                .build());
    assertThat(log()).isEqualTo("1\n.\n..\n/c\n");
    for (StoredLayer layer : store.inventory()) {
      assertThat(layer.directory().resolve("c")).doesNotExist();
    }
  }

  @Test
  void keepsWhatAFailedStepWrote() throws Exception {
    StageOutcome failed = run("busybox echo 1 >/c/file; exit 3", cache("m", Sharing.SHARED));

    assertThat(failed.getFailed().getExitCode()).isEqualTo(3);
    assertThat(failed.getFailed().getCacheMountsList()).hasSize(1);
    succeeds(run("busybox cat /c/file", cache("m", Sharing.SHARED)));
    assertThat(log()).isEqualTo("1\n");
  }

  @Test
  void refusesWritesToAReadOnlyMount() throws Exception {
    List<HeldMount> used =
        succeeds(
            run(
                "busybox touch /c/x 2>/dev/null && exit 1; exit 0",
                new Mount(-1, "", "/c", -1, true, new Mount.Kind.Cache("m", Sharing.SHARED))));

    assertThat(used).isEmpty();
    assertThat(mounts.records().getFirst().version()).isZero();
  }

  @Test
  void beginsWithWhatIsAtTheSelectorOfItsInput() throws Exception {
    Mount seeded =
        new Mount(0, "/away", "/c", -1, false, new Mount.Kind.Cache("m", Sharing.SHARED));

    succeeds(run("busybox cat /c/sub/file; busybox rm /c/sub/file", seeded));
    succeeds(run("busybox ls /c/sub; busybox cat /seed/sub/file", seeded));

    assertThat(log()).isEqualTo("seeded\nseeded\n");
  }

  @Test
  void saysWhenThereIsNothingToBeginWith() throws Exception {
    Mount nowhere =
        new Mount(0, "/nowhere", "/c", -1, false, new Mount.Kind.Cache("m", Sharing.SHARED));

    assertThat(run("true", nowhere).getFailed().getMessage()).contains("\"/nowhere\": not found");
    assertThat(mounts.records()).isEmpty();
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
            .setVertex(VERTEX)
            .setName("root")
            .setOp(bytes(new Op.File(List.of(make)), 0))
            .build();
    Mount mount =
        new Mount(1, "/cache", "/c", -1, false, new Mount.Kind.Cache("m", Sharing.SHARED));
    Step step = step("busybox stat -c '%u %g %a' /c; busybox touch /c/x", List.of(mount), 2);
    StepInput made = StepInput.newBuilder().setPrevious(StepOutput.newBuilder().setStep(0)).build();

    succeeds(run(root, step.toBuilder().addInputs(BASE).addInputs(made).build()));

    assertThat(log()).isEqualTo("7 8 750\n");
  }

  @Test
  @Feature(value = "exec: cache mount, shared", area = Area.LLB)
  void letsStepsShareAMount() throws Exception {
    CompletableFuture<StageOutcome> one =
        running(
            "busybox touch /c/one; until [ -e /c/two ]; do busybox sleep 0.05; done",
            cache("m", Sharing.SHARED));
    CompletableFuture<StageOutcome> two =
        running(
            "busybox touch /c/two; until [ -e /c/one ]; do busybox sleep 0.05; done",
            cache("m", Sharing.SHARED));

    assertThat(one.get().hasSucceeded()).isTrue();
    assertThat(two.get().hasSucceeded()).isTrue();
    assertThat(mounts.records()).hasSize(1);
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
        running(script.formatted("1"), cache("m", Sharing.PRIVATE), gate);
    CompletableFuture<StageOutcome> two =
        running(script.formatted("2"), cache("m", Sharing.PRIVATE), gate);

    assertThat(one.get().hasSucceeded()).isTrue();
    assertThat(two.get().hasSucceeded()).isTrue();
    assertThat(log()).isEqualTo("1\n1\n");
    assertThat(mounts.records()).hasSize(3);
  }

  @Test
  @Feature(value = "exec: cache mount, locked", area = Area.LLB)
  void runsStepsWithALockedMountOneAfterTheOther() throws Exception {
    String script = "busybox mkdir /c/held && busybox sleep 0.3 && busybox rmdir /c/held";
    List<CompletableFuture<StageOutcome>> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(running(script, cache("m", Sharing.LOCKED)));
    }

    for (CompletableFuture<StageOutcome> one : all) {
      assertThat(one.get().hasSucceeded()).as(one.get().toString()).isTrue();
    }
    assertThat(mounts.records()).hasSize(1);
    assertThat(mounts.records().getFirst().uses()).isEqualTo(3);
  }

  @Test
  void mountsOneCopyInTwoPlaces() throws Exception {
    Mount again = new Mount(-1, "", "/d", -1, true, new Mount.Kind.Cache("m", Sharing.LOCKED));

    succeeds(run("busybox echo 1 >/c/x; busybox cat /d/x", cache("m", Sharing.LOCKED), again));

    assertThat(log()).isEqualTo("1\n");
  }

  @Test
  void makesMountPointsInsideAMountWithoutLeavingIt() throws Exception {
    succeeds(run("busybox ln -s /../../../../../../../tmp /c/link", cache("m", Sharing.SHARED)));
    Mount below = new Mount(-1, "", "/c/sub/dir", -1, false, new Mount.Kind.Tmpfs(0));
    Mount through = new Mount(-1, "", "/c/link/slipway-it", -1, false, new Mount.Kind.Tmpfs(0));

    succeeds(
        run(
            "busybox touch /c/sub/dir/x /c/top; busybox readlink /c/link",
            cache("m", Sharing.SHARED),
            below));
    run("busybox ls -d /tmp/slipway-it", cache("m", Sharing.SHARED), through);

    assertThat(Path.of("/tmp/slipway-it")).doesNotExist();
    assertThat(mounts.records()).hasSize(1);
  }

  @Test
  void refusesARootFilesystemThatIsNoInput() throws Exception {
    Step step =
        step(
            "true",
            List.of(),
            List.of(new Mount(-1, "", "/", -1, false, new Mount.Kind.Tmpfs(0))),
            0);

    assertThat(run(step).getFailed().getMessage()).contains("must be a bind mount");
  }

  private static Mount cache(String id, Sharing sharing) {
    return new Mount(-1, "", "/c", -1, false, new Mount.Kind.Cache(id, sharing));
  }

  private static StepInput chain(String layer) {
    return StepInput.newBuilder()
        .setChain(LayerChain.newBuilder().addLayers(Layer.newBuilder().setId(layer)))
        .build();
  }

  private StageOutcome run(String script, Mount... mounts) {
    return run(step(script, List.of(mounts), 1).toBuilder().addInputs(BASE).build());
  }

  private StageOutcome run(Step... steps) {
    return executor.run(
        RunStage.newBuilder()
            .setStageId(UUID.randomUUID().toString())
            .addAllSteps(List.of(steps))
            .build(),
        events::add);
  }

  private CompletableFuture<StageOutcome> running(String script, Mount... mounts) {
    CompletableFuture<StageOutcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> outcome.complete(run(script, mounts)));
    return outcome;
  }

  /** Returns what the last step wrote to. */
  private List<HeldMount> succeeds(StageOutcome outcome) {
    assertThat(outcome.hasSucceeded()).as(outcome.toString()).isTrue();
    return events.stream()
        .filter(StageEvent::hasDone)
        .toList()
        .getLast()
        .getDone()
        .getCacheMountsList();
  }

  private String log() {
    StringBuilder text = new StringBuilder();
    for (StageEvent event : events) {
      if (event.hasLog()) {
        text.append(event.getLog().getData().toString(StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }

  private static Step step(String script, List<Mount> more, int inputs) {
    return step(
        script, more, List.of(new Mount(0, "", "/", 0, false, new Mount.Kind.Bind())), inputs);
  }

  private static Step step(String script, List<Mount> more, List<Mount> first, int inputs) {
    List<Mount> mounts = new ArrayList<>(first);
    mounts.addAll(more);
    ExecMeta meta =
        new ExecMeta(
            List.of("/bin/sh", "-c", script),
            List.of(),
            "/",
            "",
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of());
    Op.Exec op = new Op.Exec(meta, mounts, Op.Network.NONE, false, List.of());
    Step.Builder step =
        Step.newBuilder().setVertex(VERTEX).setName(script).setOp(bytes(op, inputs));
    for (Mount mount : more) {
      if (mount.kind() instanceof Mount.Kind.Cache cache) {
        step.addCacheMounts(
            CacheMount.newBuilder()
                .setDestination(mount.destination())
                .setMountId(cache.id())
                .setName("tenant/" + cache.id()));
      }
    }
    return step.build();
  }

  private static ByteString bytes(Op op, int inputs) {
    List<Edge> edges = Collections.nCopies(inputs, new Edge(new Digest(VERTEX), 0));
    return ByteString.copyFrom(
        LlbCodec.vertex(op, edges, Optional.empty(), VertexMetadata.NONE).bytes());
  }
}
