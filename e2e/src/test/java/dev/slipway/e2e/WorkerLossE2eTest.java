package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Workers that die. */
class WorkerLossE2eTest {
  private final LocalRegistry registry = LocalRegistry.shared();

  @Test
  void aBuildFinishesOnTheOtherWorkerWhenItsOwnIsKilled() {
    String length = "8." + ThreadLocalRandom.current().nextInt(1_000, 9_999);
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox\nRUN echo first > /first\nRUN echo started && sleep "
                + length
                + " && echo done > /done\n");

    try (Farm farm = Farm.start(2);
        Command client =
            farm.buildx().startBuild(app.path(), "-t", registry.image("loss/app:1"), "--push")) {
      client.awaitStepLog(Duration.ofMinutes(1), "started");
      int busy =
          Awaitility.await()
              .atMost(Duration.ofSeconds(5))
              .until(() -> workerThatRuns(farm, "sleep " + length), worker -> worker > 0);

      farm.killWorker(busy);

      Command.Result result = client.await(Duration.ofMinutes(1));
      assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
      assertThat(PushedImage.read(registry, "loss/app", "1", "amd64").text("done"))
          .isEqualTo("done\n");
      assertThat(farm.runs("sleep " + length)).as("a step of the dead worker lives on").isFalse();
      assertThat(farm.http("/api/v1/workers")).doesNotContain("\"worker-" + busy + "\"");
    }
  }

  private static int workerThatRuns(Farm farm, String word) {
    return farm.workerRuns(1, word) ? 1 : farm.workerRuns(2, word) ? 2 : 0;
  }
}
