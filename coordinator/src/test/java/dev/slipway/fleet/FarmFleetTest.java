package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Draining;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.HoldLayers;
import dev.slipway.protocol.worker.InventoryChange;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.StepDone;
import dev.slipway.protocol.worker.StepLog;
import dev.slipway.protocol.worker.StepResult;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class FarmFleetTest extends FleetFixture {
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
  void workersLearnWhereAllWorkersAre() throws Exception {
    FakeWorker first = dial(TOKEN);
    first.join(FakeWorker.hello("w1").setBlobUrl("http://198.51.100.1:8081"));
    FakeWorker second = dial(TOKEN);
    second.join(FakeWorker.hello("w2").setBlobUrl("http://worker-2:8081"));

    assertThat(first.nextPeers()).containsExactly("198.51.100.1:8081");
    assertThat(second.nextPeers()).containsExactly("198.51.100.1:8081", "worker-2:8081");
    await()
        .untilAsserted(() ->
            assertThat(first.nextPeers()).containsExactly("198.51.100.1:8081", "worker-2:8081"));

    second.close();

    await().untilAsserted(() -> assertThat(first.nextPeers()).containsExactly("198.51.100.1:8081"));
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
    // The worker hears of it first, and this one is looked at again only if it goes on beating.
    await()
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> {
          alive.beat();
          assertThat(fleet.workers()).extracting(WorkerNode::id).containsExactly("alive");
        });
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
  void aWorkerThatComesBackIsToldAgainWhatRunningBuildsNeed() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1", "snap:a"));
    fleet.hold("w1", "ends", Set.of("snap:a"));
    fleet.hold("w1", "runs", Set.of("snap:a", "snap:b"));
    fleet.hold("w2", "runs", Set.of("snap:c"));
    fleet.release("ends");
    worker.close();
    await().until(() -> fleet.workers().isEmpty());
    FakeWorker back = dial(TOKEN);

    back.join(FakeWorker.hello("w1", "snap:a"));

    HoldLayers told = back.next().getHoldLayers();
    assertThat(told.getBuildId()).isEqualTo("runs");
    assertThat(told.getLayerIdsList()).containsExactlyInAnyOrder("snap:a", "snap:b");
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
}
