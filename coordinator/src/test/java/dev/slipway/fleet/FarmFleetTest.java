package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Draining;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.InventoryChange;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushEvent;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.StepDone;
import dev.slipway.protocol.worker.StepLog;
import dev.slipway.protocol.worker.StepResult;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.protocol.worker.Succeeded;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FarmFleetTest {
  private static final String TOKEN = "the farm's join token";

  private final MemoryCacheIndex index = new MemoryCacheIndex();
  private final List<String> changes = new CopyOnWriteArrayList<>();
  private final List<FakeWorker> workers = new ArrayList<>();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private FarmFleet fleet;
  private FarmServer server;

  @BeforeEach
  void start() throws Exception {
    start(
        new FleetConfig(
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofSeconds(10),
            Duration.ofMinutes(10)));
  }

  @AfterEach
  void stop() {
    workers.forEach(FakeWorker::close);
    callers.shutdownNow();
    server.close();
  }

  @Test
  void workerJoinsWithWhatItHolds() throws Exception {
    FakeWorker worker = dial(TOKEN);

    CoordinatorMessage welcome =
        worker.join(FakeWorker.hello("w1", "chain:sha256:aa", "snap:b", "no layer at all"));

    assertThat(welcome.getWelcome().getHeartbeatMillis()).isEqualTo(10_000);
    assertThat(fleet.workers())
        .singleElement()
        .satisfies(node -> assertThat(node.slots()).isEqualTo(2));
    assertThat(holders("chain:sha256:aa")).containsExactly("w1");
    assertThat(index.layers(List.of("no layer at all"))).isEmpty();
    await().untilAsserted(() -> assertThat(changes).containsExactly("joined w1"));
    String token = fleet.capability("layers/x");
    assertThat(fleet.capability("layers/x")).isEqualTo(token);
    new Capability.Verifier(welcome.getWelcome().getCapabilityPublicKey().toByteArray())
        .verify(token, "layers/x", Instant.now());
    fleet.verifier().verify(token, "layers/x", Instant.now());
  }

  @Test
  void tellsOfAWorkersCacheMountsBeforeTheWorkerCanBeGivenAnything() throws Exception {
    HeldMount mount = HeldMount.newBuilder().setMountId("mount:m").setVersion(3).build();
    fleet.onMounts((worker, held) -> changes.add(worker + " has " + held.getFirst().getVersion()));

    dial(TOKEN).join(FakeWorker.hello("w1").addHeldMounts(mount));

    await().untilAsserted(() -> assertThat(changes).containsExactly("w1 has 3", "joined w1"));
  }

  @Test
  void wrongTokenIsRefused() {
    FakeWorker worker = dial("another token");
    worker.say(WorkerMessage.newBuilder().setHello(FakeWorker.hello("w1")).build());

    assertThat(worker.ended.join().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(fleet.workers()).isEmpty();
  }

  @Test
  void malformedHelloIsTurnedAwayWithAReason() {
    for (Hello.Builder bad :
        List.of(
            FakeWorker.hello("../w1"),
            FakeWorker.hello("w1").setSlots(0),
            FakeWorker.hello("w1").setBlobUrl("file:///etc"))) {
      FakeWorker worker = dial(TOKEN);
      worker.say(WorkerMessage.newBuilder().setHello(bad).build());

      Status status = worker.ended.join();
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).startsWith("the worker cannot join: ");
    }
    FakeWorker silent = dial(TOKEN);
    silent.beat();
    assertThat(silent.ended.join().getDescription()).isEqualTo("the first message must be hello");
  }

  @Test
  void stageEventsComeInOrderAndTheOutcomeLast() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    List<String> heard = new CopyOnWriteArrayList<>();

    fleet.run(
        "w1",
        RunStage.newBuilder().setStageId("s1").build(),
        listener(
            event -> heard.add(text(event)),
            outcome -> heard.add(outcome.getOutcomeCase().name())));
    assertThat(worker.next().getRunStage().getStageId()).isEqualTo("s1");
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      worker.say(
          stageEvent(
              StageEvent.newBuilder()
                  .setLog(StepLog.newBuilder().setData(ByteString.copyFromUtf8("line " + i)))));
      expected.add("line " + i);
    }
    worker.say(outcome("s1"));
    worker.say(outcome("s1"));
    worker.say(
        stageEvent(
            StageEvent.newBuilder()
                .setLog(StepLog.newBuilder().setData(ByteString.copyFromUtf8("late")))));
    expected.add("SUCCEEDED");

    await().untilAsserted(() -> assertThat(heard).isEqualTo(expected));
    assertThat(fleet.workers()).hasSize(1);
  }

  @Test
  void resultsAreKnownBeforeTheStepIsReportedDone() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    CompletableFuture<Set<String>> holdersAtEvent = new CompletableFuture<>();

    fleet.run(
        "w1",
        RunStage.newBuilder().setStageId("s1").build(),
        listener(_ -> holdersAtEvent.complete(holders("snap:new")), _ -> {}));
    StepResult result =
        StepResult.newBuilder().addChain(held("chain:base")).addChain(held("snap:new")).build();
    worker.say(
        stageEvent(StageEvent.newBuilder().setDone(StepDone.newBuilder().addResults(result))));

    assertThat(holdersAtEvent.get()).containsExactly("w1");
    assertThat(index.layers(List.of("snap:new")).get("snap:new").size()).isEqualTo(77);
  }

  @Test
  void aConsumerThatThrowsCostsNoWorker() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    CompletableFuture<StageOutcome> outcome = new CompletableFuture<>();

    fleet.run(
        "w1",
        RunStage.newBuilder().setStageId("s1").build(),
        listener(
            _ -> {
              throw new IllegalStateException("expected by the test");
            },
            outcome::complete));
    worker.say(stageEvent(StageEvent.newBuilder().setLog(StepLog.getDefaultInstance())));
    worker.say(outcome("s1"));

    assertThat(outcome.get().hasSucceeded()).isTrue();
  }

  @Test
  void cancelReachesOnlyStagesThatRun() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    fleet.run("w1", RunStage.newBuilder().setStageId("s1").build(), listener(_ -> {}, _ -> {}));
    worker.next();

    fleet.cancel("w1", "unknown");
    fleet.cancel("nobody", "s1");
    fleet.cancel("w1", "s1");

    assertThat(worker.next().getCancelStage().getStageId()).isEqualTo("s1");
  }

  @Test
  void inventoryFollowsTheWorker() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1", "snap:old", "snap:kept"));

    worker.say(
        WorkerMessage.newBuilder()
            .setInventoryChange(
                InventoryChange.newBuilder().addAdded(held("snap:new")).addRemoved("snap:old"))
            .build());

    await().untilAsserted(() -> assertThat(holders("snap:new")).containsExactly("w1"));
    assertThat(holders("snap:old")).isEmpty();
    assertThat(holders("snap:kept")).containsExactly("w1");
  }

  @Test
  void workerWhoseConnectionBreaksIsLost() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1", "snap:a"));

    worker.close();

    await().untilAsserted(() -> assertThat(changes).containsExactly("joined w1", "left w1"));
    assertThat(holders("snap:a")).isEmpty();
    assertThatThrownBy(
            () -> fleet.run("w1", RunStage.getDefaultInstance(), listener(_ -> {}, _ -> {})))
        .hasMessage("worker w1 is not in the farm");
  }

  @Test
  void stagesOfALostLinkAreLost() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1", "snap:a"));
    fleet.run(
        "w1",
        RunStage.newBuilder().setStageId("s1").build(),
        listener(_ -> {}, _ -> changes.add("ended")));

    worker.close();

    await()
        .untilAsserted(() -> assertThat(changes).containsExactly("joined w1", "left w1", "lost"));
  }

  @Test
  void workersLearnWhereTheCoordinatorsAre() throws Exception {
    fleet.reachedAt("a:1");
    fleet.coordinators(List.of("a:1"));
    FakeWorker worker = dial(TOKEN);

    CoordinatorMessage welcome = worker.join(FakeWorker.hello("w1", "snap:a"));
    fleet.coordinators(List.of("a:1", "b:1"));

    assertThat(welcome.getWelcome().getAddress()).isEqualTo("a:1");
    assertThat(welcome.getWelcome().getCoordinators().getAddressesList()).containsExactly("a:1");
    assertThat(worker.next().getCoordinators().getAddressesList()).containsExactly("a:1", "b:1");
    assertThat(holders("snap:a")).containsExactly("w1");
  }

  @Test
  void drainingWorkerGetsNoStageAndIsReleasedAfterItsLayersWereHandedOver() throws Exception {
    CompletableFuture<Void> handedOver = new CompletableFuture<>();
    fleet.handOver(_ -> handedOver.join());
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));

    worker.say(WorkerMessage.newBuilder().setDraining(Draining.getDefaultInstance()).build());

    await().untilAsserted(() -> assertThat(changes).containsExactly("joined w1", "draining w1"));
    assertThat(fleet.status("w1").orElseThrow().draining()).isTrue();
    handedOver.complete(null);
    assertThat(worker.next().hasDrained()).isTrue();
  }

  @Test
  void workerThatSaysGoodbyeIsGone() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));

    worker.sayGoodbye();

    assertThat(worker.ended.get().isOk()).isTrue();
    await().untilAsserted(() -> assertThat(changes).containsExactly("joined w1", "left w1"));
  }

  @Test
  void silentWorkerIsLostAndABeatingOneIsNot() throws Exception {
    server.close();
    start(
        new FleetConfig(
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMinutes(10)));
    FakeWorker silent = dial(TOKEN);
    FakeWorker alive = dial(TOKEN);
    silent.join(FakeWorker.hello("silent"));
    alive.join(FakeWorker.hello("alive"));

    await()
        .pollInterval(Duration.ofMillis(50))
        .until(() -> {
          alive.beat();
          return silent.ended.isDone();
        });

    assertThat(silent.ended.join().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(fleet.workers()).extracting(WorkerNode::id).containsExactly("alive");
  }

  /** The cluster's maps may keep a message waiting until a coordinator that hangs is given up. */
  @Test
  void aWorkerWhoseMessageIsBeingHandledIsNotSilent() throws Exception {
    server.close();
    FleetConfig hasty =
        new FleetConfig(
            Duration.ofMillis(100),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMinutes(10));
    start(hasty);
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    CountDownLatch blocked = new CountDownLatch(1);
    fleet.run(
        "w1",
        RunStage.newBuilder().setStageId("s1").build(),
        listener(
            _ -> {
              try {
                blocked.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            _ -> {}));
    worker.say(stageEvent(StageEvent.newBuilder().setLog(StepLog.getDefaultInstance())));

    await()
        .during(hasty.silence().multipliedBy(3))
        .until(() -> !worker.ended.isDone() && fleet.worker("w1").isPresent());
    blocked.countDown();
  }

  @Test
  void sameWorkerJoiningAgainReplacesItsOldStream() throws Exception {
    FakeWorker old = dial(TOKEN);
    old.join(FakeWorker.hello("w1", "snap:lost", "snap:kept"));
    FakeWorker fresh = dial(TOKEN);

    fresh.join(FakeWorker.hello("w1", "snap:kept").setSlots(5));

    assertThat(old.ended.get().getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(fleet.worker("w1"))
        .hasValueSatisfying(node -> assertThat(node.slots()).isEqualTo(5));
    assertThat(holders("snap:lost")).isEmpty();
    assertThat(holders("snap:kept")).containsExactly("w1");
    await()
        .untilAsserted(
            () -> assertThat(changes).containsExactly("joined w1", "left w1", "joined w1"));
  }

  @Test
  void pushReportsProgressAndLearnsTheBlobs() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1", "snap:a"));
    List<String> progress = new CopyOnWriteArrayList<>();
    Future<PushOutcome> push =
        callers.submit(() ->
            fleet.push(
                "w1", PushLayers.getDefaultInstance(), status -> progress.add(status.getId())));
    String id = worker.next().getPushLayers().getPushId();

    worker.say(
        WorkerMessage.newBuilder()
            .setPushEvent(
                PushEvent.newBuilder()
                    .setPushId(id)
                    .setStatus(StepStatus.newBuilder().setId("pushing")))
            .build());
    MadeBlob blob =
        MadeBlob.newBuilder()
            .setLayerId("snap:a")
            .setDiffId(Digest.ofText("d").value())
            .setDigest(Digest.ofText("b").value())
            .setSize(3)
            .setMediaType("m")
            .build();
    worker.say(
        WorkerMessage.newBuilder()
            .setPushOutcome(PushOutcome.newBuilder().setPushId(id).addBlobs(blob))
            .build());

    assertThat(push.get().getBlobsList()).containsExactly(blob);
    assertThat(progress).containsExactly("pushing");
    LayerRecord layer = index.layers(List.of("snap:a")).get("snap:a");
    assertThat(layer.blob())
        .contains(new LayerRecord.Blob(Digest.ofText("d"), Digest.ofText("b"), 3, "m"));
    assertThat(layer.holders()).containsExactly("w1");
  }

  @Test
  void pushFailsWithWhatTheWorkerSaid() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    String id = worker.next().getPushLayers().getPushId();

    worker.say(
        WorkerMessage.newBuilder()
            .setPushOutcome(
                PushOutcome.newBuilder().setPushId(id).setError("403").setErrorKind("DENIED"))
            .build());

    assertFailure(push, ErrorKind.DENIED, "403");
  }

  @Test
  void silentPushTimesOutAndIsCancelledAtTheWorker() throws Exception {
    server.close();
    start(
        new FleetConfig(
            Duration.ofSeconds(10),
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofMinutes(10)));
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    String id = worker.next().getPushLayers().getPushId();

    assertFailure(push, ErrorKind.UNAVAILABLE, "push at worker w1 gave no sign of life for 0.2 s");
    assertThat(worker.next().getCancelPush().getPushId()).isEqualTo(id);
    assertThatThrownBy(() -> fleet.read("w1", ReadPath.newBuilder().setPath("/etc/passwd").build()))
        .hasMessage("read of /etc/passwd at worker w1 did not end in 0.1 s");
  }

  @Test
  void interruptedPushIsCancelledAtTheWorker() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    String id = worker.next().getPushLayers().getPushId();

    push.cancel(true);

    assertThat(worker.next().getCancelPush().getPushId()).isEqualTo(id);
  }

  @Test
  void questionsToAWorkerThatLeavesFail() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<PushOutcome> push =
        callers.submit(() -> fleet.push("w1", PushLayers.getDefaultInstance(), _ -> {}));
    worker.next();

    worker.close();

    assertFailure(push, ErrorKind.UNAVAILABLE, "worker w1 has left the farm");
  }

  @Test
  void readsAPath() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    Future<ReadPathOutcome> read =
        callers.submit(
            () -> fleet.read("w1", ReadPath.newBuilder().setPath("/etc/os-release").build()));
    ReadPath asked = worker.next().getReadPath();

    ByteString content = ByteString.copyFromUtf8("x".repeat(8 << 20));
    worker.say(
        WorkerMessage.newBuilder()
            .setReadPathOutcome(
                ReadPathOutcome.newBuilder().setRequestId(asked.getRequestId()).setData(content))
            .build());

    assertThat(asked.getPath()).isEqualTo("/etc/os-release");
    assertThat(read.get().getData()).isEqualTo(content);
  }

  @Test
  void largeInventoryFitsInAHello() throws Exception {
    FakeWorker worker = dial(TOKEN);
    String[] layers = new String[50_000];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = "chain:" + Digest.ofText("layer " + i);
    }
    worker.join(FakeWorker.hello("w1", layers));

    assertThat(holders(layers[49_999])).containsExactly("w1");
  }

  @Test
  void stoppingTheServerSendsWorkersAway() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));

    server.close();

    assertThat(worker.ended.get().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(fleet.workers()).isEmpty();
  }

  private void start(FleetConfig config) throws Exception {
    fleet =
        new FarmFleet(
            config,
            index,
            new WorkerChanges() {
              @Override
              public void workerJoined(WorkerCapacity worker) {
                changes.add("joined " + worker.workerId());
              }

              @Override
              public void workerDraining(String workerId) {
                changes.add("draining " + workerId);
              }

              @Override
              public void workerLeft(String workerId) {
                changes.add("left " + workerId);
              }
            },
            Clock.systemUTC());
    server = FarmServer.start(new InetSocketAddress("127.0.0.1", 0), TOKEN, fleet, List.of());
  }

  private StageListener listener(Consumer<StageEvent> events, Consumer<StageOutcome> outcome) {
    return new StageListener() {
      @Override
      public void event(StageEvent event) {
        events.accept(event);
      }

      @Override
      public void outcome(StageOutcome end) {
        outcome.accept(end);
      }

      @Override
      public void lost() {
        changes.add("lost");
      }
    };
  }

  private FakeWorker dial(String token) {
    FakeWorker worker = new FakeWorker(server.address(), token);
    workers.add(worker);
    return worker;
  }

  private Set<String> holders(String layer) {
    LayerRecord record = index.layers(List.of(layer)).get(layer);
    return record == null ? Set.of() : record.holders();
  }

  private static void assertFailure(Future<?> future, ErrorKind kind, String message) {
    assertThatThrownBy(future::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            SlipwayException.class, error -> assertThat(error.kind()).isEqualTo(kind))
        .hasMessage(message);
  }

  private static String text(StageEvent event) {
    return event.getLog().getData().toStringUtf8();
  }

  private static HeldLayer held(String id) {
    return HeldLayer.newBuilder().setLayerId(id).setSize(77).build();
  }

  private static WorkerMessage stageEvent(StageEvent.Builder event) {
    return WorkerMessage.newBuilder().setStageEvent(event.setStageId("s1").setVertex("v")).build();
  }

  private static WorkerMessage outcome(String stageId) {
    return WorkerMessage.newBuilder()
        .setStageOutcome(
            StageOutcome.newBuilder()
                .setStageId(stageId)
                .setSucceeded(Succeeded.getDefaultInstance()))
        .build();
  }
}
