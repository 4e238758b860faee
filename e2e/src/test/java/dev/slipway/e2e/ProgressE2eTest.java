package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a person reads of the farm in the client's own output. */
@OnSharedFarm
class ProgressE2eTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Farm farm = SharedFarm.get();

  private static Path running(String what) {
    return BuildDirectory.of("FROM busybox\nRUN " + what + "\n").path();
  }

  @Test
  void aStepNamesItsWorkerAndThatItIsEmulated() {
    String output =
        farm.buildx()
            .build(running("uname -m > /progress"), "--platform", "linux/amd64,linux/arm64")
            .orThrow()
            .output();

    assertThat(output)
        .containsPattern("on worker-\\d done")
        .containsPattern("on worker-\\d, which emulates linux/arm64 done");
  }

  @Test
  void aBuildThatWantsAStepOfAnotherSaysSoAndShowsItsOutput() {
    Path same = running("echo progress begun; sleep 4; echo progress over");
    try (Command first = farm.buildx().startBuild(same)) {
      first.awaitOutput(PATIENCE, output -> output.contains("progress begun"));

      String output = farm.buildx().build(same).orThrow().output();

      assertThat(output)
          .contains("waiting for another build, which runs this step")
          .containsPattern("(?m)^#\\d+ [\\d.]+ progress over$");
      first.await(PATIENCE).orThrow();
    }
  }

  @Test
  void aStepThatWaitsForACacheMountSaysForWhichAndHowLong() {
    String step = "--mount=type=cache,id=progress,target=/m,sharing=locked sleep 3; echo ";
    try (Command first = farm.buildx().startBuild(running(step + "one"))) {
      first.awaitOutput(PATIENCE, output -> output.contains("on worker-"));

      String output = farm.buildx().build(running(step + "two")).orThrow().output();

      assertThat(output)
          .containsPattern(
              "waiting for cache mount /?progress, which another step has locked \\d+\\.\\ds done");
      first.await(PATIENCE).orThrow();
    }
  }
}
