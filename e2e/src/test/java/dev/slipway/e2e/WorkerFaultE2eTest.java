package dev.slipway.e2e;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a worker is doing when it dies or hangs, the build comes out as if it had not. Each test
 * has a farm of its own.
 */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class WorkerFaultE2eTest {
  /** Long enough to be seen, by whoever asks every few milliseconds. */
  private static final Duration HELD = Duration.ofSeconds(2);

  private final LocalRegistry registry = LocalRegistry.shared();
  private final Ordeal ordeal = Ordeal.prepare();

  @ParameterizedTest
  @ValueSource(strings = {"pulling", "executing", "diffing", "transferring", "pushing"})
  void aBuildSurvivesTheDeathOfAWorkerWhileItIs(String phase) throws IOException {
    try (RegistryFront slow = RegistryFront.before(registry, WorkerFaultE2eTest::holdBlobs);
        Farm farm = Farm.start(2, slow.mirrorConfig());
        Command build = ordeal.begin(farm.buildx(), slow.address())) {
      int victim = Ordeal.awaitPhase(farm, phase, 1, 2);

      farm.killWorker(victim);

      ordeal.survives(build, farm);
      Ordeal.leavesNothing(farm, 3 - victim);
    }
  }

  @Test
  void aBuildSurvivesTheDeathOfAWorkerThatSendsLayersToAnother() {
    try (Farm farm = Farm.start(2);
        Command build = ordeal.begin(farm)) {
      int receiver = Ordeal.awaitPhase(farm, "transferring", 1, 2);

      farm.killWorker(3 - receiver);

      ordeal.survives(build, farm);
      Ordeal.leavesNothing(farm, receiver);
    }
  }

  @Test
  void aWorkerThatHangsForHalfAMinuteLosesItsWorkAndComesBack() {
    try (Farm farm = Farm.start(2);
        Command build = ordeal.begin(farm)) {
      int victim = Ordeal.awaitPhase(farm, "executing", 1, 2);
      long hung = System.nanoTime();

      farm.suspendWorker(victim);

      ordeal.survives(build, farm);
      org.awaitility.Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .until(() -> System.nanoTime() - hung > Duration.ofSeconds(30).toNanos());
      farm.resumeWorker(victim);
      org.awaitility.Awaitility.await("worker " + victim + " is back")
          .atMost(Duration.ofSeconds(15))
          .until(() -> farm.http("/api/v1/workers").contains("\"worker-" + victim + "\""));
      Ordeal.leavesNothing(farm, 1, 2);
    }
  }

  /** Blobs come and go slowly. */
  private static void holdBlobs(HttpExchange exchange) throws IOException {
    boolean blob =
        exchange.getRequestURI().getPath().contains("/blobs/")
            && !exchange.getRequestMethod().equals("HEAD")
            && !exchange.getRequestMethod().equals("POST");
    if (blob) {
      try {
        Thread.sleep(HELD);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }
}
