package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The client vanishes in the middle of a build: its processes go, and nothing else does. */
@OnSharedFarm
class ClientGoneE2eTest {
  private final Farm farm = SharedFarm.get();

  @Test
  void theStepsProcessesEndWithinSeconds() {
    // A number that no other process has in its command line.
    String sleep = "sleep " + ThreadLocalRandom.current().nextInt(100_000, 900_000);
    BuildDirectory app = BuildDirectory.of("FROM busybox\nRUN echo started && " + sleep + "\n");

    try (Command client = farm.buildx().startBuild(app.path())) {
      client.awaitStepLog(Duration.ofMinutes(1), "started");
      assertThat(farm.runs(sleep)).isTrue();

      client.kill();

      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !farm.runs(sleep));
    }
    farm.buildx()
        .build(BuildDirectory.of("FROM busybox\nRUN echo alive\n").path(), "--no-cache")
        .orThrow();
  }

  @Test
  void aCancelledBuildEndsItsStepsToo() {
    String sleep = "sleep " + ThreadLocalRandom.current().nextInt(100_000, 900_000);
    BuildDirectory app = BuildDirectory.of("FROM busybox\nRUN echo started && " + sleep + "\n");

    try (Command client = farm.buildx().startBuild(app.path())) {
      client.awaitStepLog(Duration.ofMinutes(1), "started");

      client.terminate();

      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !farm.runs(sleep));
      assertThat(client.await(Duration.ofSeconds(20)).exitCode()).isNotZero();
    }
  }
}
