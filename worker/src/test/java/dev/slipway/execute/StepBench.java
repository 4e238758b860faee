package dev.slipway.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.slipway.config.GcSettings;
import dev.slipway.gc.Disk;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.MountShelf;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
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

/**
 * What runs steps in real containers on a worker, without the worker: stages go in, events and
 * outcomes come out. Its base image has busybox, and {@code seed/sub/file} with a link to it.
 */
final class StepBench implements AutoCloseable {
  private static final Path BUSYBOX = Path.of("/usr/bin/busybox");
  static final String VERTEX = "sha256:" + "1".repeat(64);
  static final StepInput BASE = chain("tree:busybox");

  final SnapshotStore store;
  final CacheMounts mounts;
  final List<StageEvent> events = Collections.synchronizedList(new ArrayList<>());
  private final DiskKeeper disk;
  private final NetworkPool networks;
  private final StageExecutor executor;
  private final ClientConnections client;

  /** Skips the test where no worker can run. */
  StepBench(Path root, ClientConnections client) throws Exception {
    this.client = client;
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
    LayerFetcher fetcher =
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

  @Override
  public void close() throws Exception {
    disk.close();
    networks.close();
    mounts.close();
    store.close();
  }

  static StepInput chain(String layer) {
    return StepInput.newBuilder()
        .setChain(LayerChain.newBuilder().addLayers(Layer.newBuilder().setId(layer)))
        .build();
  }

  StageOutcome run(String script, Mount... mounts) {
    return run(step(script, List.of(mounts), 1).toBuilder().addInputs(BASE).build());
  }

  /** Runs a process of a vertex that says more than its script. */
  StageOutcome run(Op.Exec op, Step.Builder step) {
    return run(step.setVertex(VERTEX).setName("exec").setOp(bytes(op, 1)).addInputs(BASE).build());
  }

  StageOutcome run(Step... steps) {
    return executor.run(
        RunStage.newBuilder()
            .setStageId(UUID.randomUUID().toString())
            .addAllSteps(List.of(steps))
            .build(),
        events::add,
        client);
  }

  CompletableFuture<StageOutcome> running(String script, Mount... mounts) {
    CompletableFuture<StageOutcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> outcome.complete(run(script, mounts)));
    return outcome;
  }

  /** Returns what the last step wrote to. */
  List<HeldMount> succeeds(StageOutcome outcome) {
    assertThat(outcome.hasSucceeded()).as(outcome.toString()).isTrue();
    return events.stream()
        .filter(StageEvent::hasDone)
        .toList()
        .getLast()
        .getDone()
        .getCacheMountsList();
  }

  String log() {
    StringBuilder text = new StringBuilder();
    for (StageEvent event : events) {
      if (event.hasLog()) {
        text.append(event.getLog().getData().toString(StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }

  static Step step(String script, List<Mount> more, int inputs) {
    return step(
        script, more, List.of(new Mount(0, "", "/", 0, false, new Mount.Kind.Bind())), inputs);
  }

  static Step step(String script, List<Mount> more, List<Mount> first, int inputs) {
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

  static ByteString bytes(Op op, int inputs) {
    List<Edge> edges = Collections.nCopies(inputs, new Edge(new Digest(VERTEX), 0));
    return ByteString.copyFrom(
        LlbCodec.vertex(op, edges, Optional.empty(), VertexMetadata.NONE).bytes());
  }
}
