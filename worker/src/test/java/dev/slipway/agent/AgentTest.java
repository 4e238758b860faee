package dev.slipway.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.config.GcSettings;
import dev.slipway.gc.Disk;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.layers.LayerLimits;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.protocol.worker.CancelStage;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Coordinators;
import dev.slipway.protocol.worker.DiskUsage;
import dev.slipway.protocol.worker.Drained;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.HoldLayers;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerBlob;
import dev.slipway.protocol.worker.LayerChain;
import dev.slipway.protocol.worker.Peers;
import dev.slipway.protocol.worker.Prune;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReleaseBuild;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.sandbox.NetworkPool;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.sandbox.SandboxConfig;
import dev.slipway.sandbox.Unreachable;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentTest {
  private static final String VERTEX = "sha256:" + "a".repeat(64);

  @TempDir Path root;
  private FakeCoordinator coordinator;
  private FakeCoordinator second;
  private volatile long free = 1L << 40;
  private final Disk space =
      new Disk() {
        @Override
        public long total() {
          return 1L << 40;
        }

        @Override
        public long free() {
          return free;
        }
      };
  private DiskKeeper disk;
  private Agent agent;
  private HttpServer slow;
  private final Set<ByteString> trusted = ConcurrentHashMap.newKeySet();
  private volatile java.util.Set<String> farm = java.util.Set.of();
  private final CountDownLatch released = new CountDownLatch(1);

  @BeforeEach
  void startAgent() throws Exception {
    coordinator = new FakeCoordinator();
    second = new FakeCoordinator();
    slow = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    slow.createContext(
        "/",
        exchange -> {
          try {
            released.await();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
          exchange.sendResponseHeaders(404, -1);
        });
    slow.start();
    WorkerDescription description =
        new WorkerDescription(
            "w-1",
            "test",
            List.of(Platform.LINUX_AMD64),
            List.of(Platform.LINUX_ARM64),
            1,
            "http://127.0.0.1:1",
            Map.of("a", "b"),
            7);
    Sandbox sandbox =
        new Sandbox(
            new SandboxConfig("runc", root.resolve("sandbox")),
            new NetworkPool(root.resolve("net"), false, new Unreachable(List.of(), List.of())));
    EmptyStore store = new EmptyStore();
    Meters meters = new Meters(new SimpleMeterRegistry());
    CacheMounts mounts =
        CacheMounts.open(root.resolve("mounts"), (_, _) -> {}, InstantSource.system());
    disk =
        new DiskKeeper(
            "worker-1",
            store,
            List.of(),
            space,
            GcSettings.DEFAULT,
            InstantSource.system(),
            meters);
    agent =
        new Agent(
            description,
            new Agent.Farm(List.of(coordinator.address()), FakeCoordinator.TOKEN, Optional.empty()),
            store,
            mounts,
            disk,
            sandbox,
            root,
            java.util.Optional.empty(),
            LayerLimits.DEFAULT,
            meters,
            dev.slipway.tracing.Tracing.OFF,
            new Agent.Coordinators() {
              @Override
              public void joined(String address, byte[] publicKey, java.time.Instant now) {
                trusted.add(ByteString.copyFrom(publicKey));
              }

              @Override
              public void left(byte[] publicKey) {
                trusted.remove(ByteString.copyFrom(publicKey));
              }

              @Override
              public void farm(java.util.Set<String> addresses) {
                farm = addresses;
              }

              @Override
              public void evicted(byte[] publicKey, java.util.Set<String> workerIds) {}
            });
    agent.start();
  }

  @AfterEach
  void stopAgent() throws Exception {
    released.countDown();
    agent.close();
    disk.close();
    coordinator.close();
    second.close();
    slow.stop(0);
  }

  @Test
  void introducesItselfAndBeats() throws Exception {
    Hello hello = coordinator.awaitHello();

    assertThat(hello.getWorkerId()).isEqualTo("w-1");
    assertThat(hello.getSlots()).isEqualTo(1);
    assertThat(hello.getEmulatedPlatforms(0).getArchitecture()).isEqualTo("arm64");
    assertThat(coordinator.await(WorkerMessage::hasHeartbeat).getHeartbeat().getFreeBytes())
        .isPositive();
  }

  @Test
  void joinsAgainWhenTheLinkBreaks() throws Exception {
    coordinator.awaitHello();
    Awaitility.await().until(agent::isReady);

    coordinator.drop();

    assertThat(coordinator.awaitHello().getWorkerId()).isEqualTo("w-1");
  }

  @Test
  void joinsEveryCoordinatorThatOneNamesAsOneWorker() throws Exception {
    Hello hello = coordinator.awaitHello();

    coordinator.send(named(coordinator.address(), second.address()));

    Hello other = second.awaitHello();
    assertThat(other.getWorkerId()).isEqualTo(hello.getWorkerId());
    assertThat(other.getIncarnation()).isEqualTo(hello.getIncarnation()).isNotZero();
    assertThat(other.getMemoryBytes()).isEqualTo(7);
    Awaitility.await().until(() -> trusted.size() == 2);
    assertThat(agent.coordinators()).containsExactly(coordinator.address(), second.address());
  }

  @Test
  void knowsTheFarmsMachinesFromAllCoordinatorsAndWhenNoneIsLeftTheLastOnes() throws Exception {
    coordinator.awaitHello();
    coordinator.send(named(coordinator.address(), second.address()));
    second.awaitHello();
    coordinator.send(peers("198.51.100.1:8081"));
    second.send(peers("198.51.100.2:8081"));
    String first = coordinator.address();
    var all = java.util.Set.of(first, second.address(), "198.51.100.1:8081", "198.51.100.2:8081");
    Awaitility.await().until(() -> farm.equals(all));

    second.send(peers());
    Awaitility.await().until(() -> farm.size() == 3);
    second.close();
    Awaitility.await().until(() -> agent.coordinators().size() == 1);
    coordinator.close();

    Awaitility.await().until(() -> agent.coordinators().isEmpty());
    assertThat(farm).contains("198.51.100.1:8081", first);
  }

  @Test
  void forgetsACoordinatorThatIsGoneAndThatNobodyNames() throws Exception {
    coordinator.awaitHello();
    coordinator.send(named(coordinator.address(), second.address()));
    second.awaitHello();
    Awaitility.await().until(() -> agent.coordinators().size() == 2);

    second.close();
    Awaitility.await().until(() -> agent.coordinators().size() == 1);
    coordinator.send(named(coordinator.address()));

    Awaitility.await().until(() -> agent.links() == 1);
    assertThat(trusted).hasSize(1);
  }

  @Test
  void slotsAreTheWorkersAndALinksEndCancelsOnlyItsOwnStage() throws Exception {
    coordinator.awaitHello();
    coordinator.send(named(coordinator.address(), second.address()));
    second.awaitHello();
    Layer late = late();
    coordinator.send(stage("s1", late));
    coordinator.await(message -> message.hasStageEvent() && message.getStageEvent().hasStarted());

    second.send(stage("s2", late));
    var refused = second.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    second.drop();
    second.awaitHello();
    Awaitility.await().until(() -> agent.coordinators().size() == 2);

    assertThat(refused.getRefused().getReason()).contains("slots");
    assertThat(agent.runningStages()).isOne();

    coordinator.drop();

    Awaitility.await().until(() -> agent.runningStages() == 0);
  }

  @Test
  void drainsWhenItsStagesHaveEndedAndNoCoordinatorNeedsIt() throws Exception {
    coordinator.awaitHello();
    coordinator.send(named(coordinator.address(), second.address()));
    second.awaitHello();
    Awaitility.await().until(() -> agent.coordinators().size() == 2);
    second.letsGo = false;
    Layer late = late();
    coordinator.send(stage("s1", late));
    coordinator.await(message -> message.hasStageEvent() && message.getStageEvent().hasStarted());

    CompletableFuture<Void> drained =
        CompletableFuture.runAsync(() -> drain(Duration.ofSeconds(20)));
    coordinator.await(WorkerMessage::hasDraining);
    second.await(WorkerMessage::hasDraining);
    coordinator.send(stage("s2", late));
    var refused = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setCancelStage(CancelStage.newBuilder().setStageId("s1"))
            .build());
    var ended = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    second.await(
        message -> message.hasHeartbeat() && message.getHeartbeat().getRunningStages() == 0);

    assertThat(refused.getRefused().getReason()).isEqualTo("the worker is draining");
    assertThat(ended.getStageId()).isEqualTo("s1");
    assertThat(drained).isNotDone();
    second.send(CoordinatorMessage.newBuilder().setDrained(Drained.getDefaultInstance()).build());
    drained.join();
  }

  @Test
  void drainingEndsAtOnceWithoutACoordinatorAndWhenItsPatienceEnds() throws Exception {
    coordinator.awaitHello();
    Awaitility.await().until(agent::isReady);
    coordinator.letsGo = false;

    long start = System.nanoTime();
    drain(Duration.ofMillis(300));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(299));

    coordinator.close();
    Awaitility.await().until(() -> agent.coordinators().isEmpty());
    drain(Duration.ofMinutes(5));
  }

  /** A layer that does not come before the test lets it. */
  private Layer late() {
    String digest = "sha256:" + "b".repeat(64);
    return Layer.newBuilder()
        .setId("chain:late")
        .setBlob(
            LayerBlob.newBuilder()
                .setMediaType("application/vnd.oci.image.layer.v1.tar")
                .setDigest(digest)
                .setSize(7)
                .addSources(
                    BlobSource.newBuilder()
                        .setUrl(
                            "http://127.0.0.1:"
                                + slow.getAddress().getPort()
                                + "/v2/late/blobs/"
                                + digest)))
        .build();
  }

  private void drain(Duration patience) {
    try {
      agent.drain(patience);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static CoordinatorMessage peers(String... addresses) {
    return CoordinatorMessage.newBuilder()
        .setPeers(Peers.newBuilder().addAllAddresses(List.of(addresses)))
        .build();
  }

  private static CoordinatorMessage named(String... addresses) {
    return CoordinatorMessage.newBuilder()
        .setCoordinators(Coordinators.newBuilder().addAllAddresses(List.of(addresses)))
        .build();
  }

  @Test
  void tellsWhichLayersNobodyHas() throws Exception {
    coordinator.awaitHello();

    coordinator.send(stage("s1", Layer.newBuilder().setId("chain:x").build()));

    var outcome = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    assertThat(outcome.getLayersUnavailable().getLayerIdsList()).containsExactly("chain:x");
    assertThat(outcome.getStageId()).isEqualTo("s1");
  }

  @Test
  void refusesWhatItHasNoSlotForAndCancels() throws Exception {
    coordinator.awaitHello();
    Layer late = late();
    coordinator.send(stage("s1", late));
    coordinator.await(message -> message.hasStageEvent() && message.getStageEvent().hasStarted());

    coordinator.send(stage("s2", late));
    var refused = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setCancelStage(CancelStage.newBuilder().setStageId("s1"))
            .build());
    var cancelled = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();

    assertThat(refused.getStageId()).isEqualTo("s2");
    assertThat(refused.getRefused().getReason()).contains("slots");
    assertThat(cancelled.getStageId()).isEqualTo("s1");
    assertThat(cancelled.hasCancelled()).isTrue();
  }

  @Test
  void aStepFailsWithoutTheAgentThatItsClientDoesNotShare() throws Exception {
    coordinator.awaitHello();
    Mount agent =
        new Mount(-1, "", "/agent", -1, false, new Mount.Kind.Ssh("default", 0, 0, 0600, false));

    coordinator.send(stage("s1", List.of(), List.of(agent)));

    var outcome = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    assertThat(outcome.getFailed().getMessage())
        .isEqualTo("no SSH key \"default\" forwarded from the client");
    assertThat(outcome.getFailed().getOfClient()).isTrue();
    assertThat(outcome.getFailed().getVertex()).isEqualTo(VERTEX);
  }

  @Test
  void tellsTheKindOfAFailedRead() throws Exception {
    coordinator.awaitHello();
    ReadPath read =
        ReadPath.newBuilder()
            .setRequestId("r1")
            .setPath("/x")
            .setChain(LayerChain.newBuilder().addLayers(Layer.newBuilder().setId("snap:gone")))
            .build();

    coordinator.send(CoordinatorMessage.newBuilder().setReadPath(read).build());

    var outcome = coordinator.await(WorkerMessage::hasReadPathOutcome).getReadPathOutcome();
    assertThat(outcome.getErrorKind()).isEqualTo("UNAVAILABLE");
    assertThat(outcome.getError()).contains("snap:gone");
  }

  private static CoordinatorMessage stage(String id, Layer layer) {
    return stage(id, List.of(layer), List.of());
  }

  private static CoordinatorMessage stage(String id, List<Layer> chain, List<Mount> more) {
    List<Mount> mounts =
        new ArrayList<>(List.of(new Mount(-1, "", "/", 0, false, new Mount.Kind.Bind())));
    mounts.addAll(more);
    ExecMeta meta =
        new ExecMeta(
            List.of("true"), List.of(), "/", "", "", List.of(), List.of(), List.of(), List.of());
    Op.Exec op = new Op.Exec(meta, mounts, Op.Network.NONE, false, List.of());
    ByteString bytes =
        ByteString.copyFrom(LlbCodec.encodeOp(op, List.of(), Optional.empty()).toByteArray());
    Step.Builder step = Step.newBuilder().setVertex(VERTEX).setName("test").setOp(bytes);
    step.addInputs(StepInput.newBuilder().setChain(LayerChain.newBuilder().addAllLayers(chain)));
    return CoordinatorMessage.newBuilder()
        .setRunStage(RunStage.newBuilder().setStageId(id).addSteps(step))
        .build();
  }

  @Test
  void givesStagesBackWhileItsDiskIsFull() throws Exception {
    coordinator.awaitHello();
    free = 1000;

    coordinator.send(stage("s1", Layer.newBuilder().setId("chain:x").build()));

    var outcome = coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome();
    assertThat(outcome.getRefused().getReason())
        .as(outcome.toString())
        .contains("disk is full")
        .contains("0 of 1048576");

    free = 1L << 40;
    coordinator.send(stage("s2", Layer.newBuilder().setId("chain:x").build()));
    assertThat(coordinator.await(WorkerMessage::hasStageOutcome).getStageOutcome())
        .matches(StageOutcome::hasLayersUnavailable);
  }

  @Test
  void saysWhatIsOnItsDiskAndPrunesIt() throws Exception {
    coordinator.awaitHello();

    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setAsk(Ask.newBuilder().setId("q1").setDiskUsage(DiskUsage.getDefaultInstance()))
            .build());
    Answer used = coordinator.await(WorkerMessage::hasAnswer).getAnswer();
    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setAsk(Ask.newBuilder().setId("q2").setPrune(Prune.newBuilder().addFilters("a b")))
            .build());
    Answer refused = coordinator.await(WorkerMessage::hasAnswer).getAnswer();

    assertThat(used.getId()).isEqualTo("q1");
    assertThat(used.getError()).isEmpty();
    assertThat(used.hasDiskUsed()).isTrue();
    assertThat(refused.getErrorKind()).isEqualTo("INVALID");
    assertThat(refused.getError()).contains("a b");
  }

  @Test
  void holdsLayersForABuildUntilItIsReleasedOrTheLinkBreaks() throws Exception {
    coordinator.awaitHello();
    Awaitility.await().until(agent::isReady);
    CoordinatorMessage hold =
        CoordinatorMessage.newBuilder()
            .setHoldLayers(HoldLayers.newBuilder().setBuildId("b").addLayerIds("snap:1"))
            .build();

    coordinator.send(hold);
    Awaitility.await().until(() -> disk.holds().isHeld("snap:1"));
    coordinator.send(
        CoordinatorMessage.newBuilder()
            .setReleaseBuild(ReleaseBuild.newBuilder().setBuildId("b"))
            .build());
    Awaitility.await().until(() -> !disk.holds().isHeld("snap:1"));

    coordinator.send(hold);
    Awaitility.await().until(() -> disk.holds().isHeld("snap:1"));
    coordinator.drop();
    Awaitility.await().until(() -> !disk.holds().isHeld("snap:1"));
  }
}
