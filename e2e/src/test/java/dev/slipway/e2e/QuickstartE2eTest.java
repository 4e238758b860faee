package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The first thing a person tries. */
class QuickstartE2eTest {
  @Test
  void buildsForTwoPlatformsShowsWhatItDidAndLeavesNothingRunning() {
    Path root = Workplace.folder("quickstart");

    Command.Result result =
        Command.run(
            Duration.ofMinutes(5),
            List.of(Workplace.slipway(), "quickstart", "--root", root.toString()));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output())
        .containsPattern("Platform: +linux/amd64")
        .containsPattern("Platform: +linux/arm64")
        .contains("worker-1")
        .contains("the same again");
    assertThat(Command.run(Duration.ofSeconds(10), List.of("ps", "-e", "-o", "args")).output())
        .doesNotContain(root.toString());
  }
}
