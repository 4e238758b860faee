package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Succeeded;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A fleet behind a real server, and workers moved by the test. */
abstract class FleetFixture {
  static final String TOKEN = "the farm's join token";

  final MemoryCacheIndex index = new MemoryCacheIndex();
  final List<String> changes = new CopyOnWriteArrayList<>();
  final List<FakeWorker> workers = new ArrayList<>();
  final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  FarmFleet fleet;
  FarmServer server;

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

  final void start(FleetConfig config) throws Exception {
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
    server =
        FarmServer.start(
            new InetSocketAddress("127.0.0.1", 0), TOKEN, Optional.empty(), fleet, List.of());
  }

  final StageListener listener(Consumer<StageEvent> events, Consumer<StageOutcome> outcome) {
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

  final FakeWorker dial(String token) {
    FakeWorker worker = new FakeWorker(server.address(), token);
    workers.add(worker);
    return worker;
  }

  final Set<String> holders(String layer) {
    LayerRecord record = index.layers(List.of(layer)).get(layer);
    return record == null ? Set.of() : record.holders();
  }

  static void assertFailure(Future<?> future, ErrorKind kind, String message) {
    assertThatThrownBy(future::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            SlipwayException.class, error -> assertThat(error.kind()).isEqualTo(kind))
        .hasMessage(message);
  }

  static String text(StageEvent event) {
    return event.getLog().getData().toStringUtf8();
  }

  static HeldLayer held(String id) {
    return HeldLayer.newBuilder().setLayerId(id).setSize(77).build();
  }

  static WorkerMessage stageEvent(StageEvent.Builder event) {
    return WorkerMessage.newBuilder().setStageEvent(event.setStageId("s1").setVertex("v")).build();
  }

  static WorkerMessage outcome(String stageId) {
    return WorkerMessage.newBuilder()
        .setStageOutcome(
            StageOutcome.newBuilder()
                .setStageId(stageId)
                .setSucceeded(Succeeded.getDefaultInstance()))
        .build();
  }
}
