package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What {@code slipway status} shows of a farm that works. */
@OnSharedFarm
class StatusE2eTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Farm farm = SharedFarm.get();

  private Command.Result status(String... options) {
    List<String> words =
        new ArrayList<>(List.of(Workplace.slipway(), "status", "--root", farm.root().toString()));
    words.addAll(List.of(options));
    return Command.run(PATIENCE, words);
  }

  @Test
  void namesProcessesQueueWorkersAndTheLastBuilds() {
    farm.buildx().build(BuildDirectory.of("FROM busybox\nRUN true\n").path()).orThrow();

    assertThat(status().orThrow().output())
        .containsPattern("(?m)^coordinator +process \\d+$")
        .containsPattern("(?m)^queue +empty$")
        .containsPattern("(?m)^worker-1 +\\d/4 .*linux/amd64")
        .containsPattern("(?m)^\\w{12}  succeeded ");
  }

  @Test
  void watchesOnATerminalUntilItIsInterrupted() {
    String watch = Workplace.slipway() + " status --watch --root " + farm.root();
    List<String> onTerminal = List.of("script", "-qec", watch, "/dev/null");

    try (Command command = Command.start(Map.of("TERM", "xterm"), Path.of("/"), onTerminal)) {
      // Each frame names it twice: among the processes and the workers.
      command.awaitOutput(PATIENCE, output -> output.split("worker-2 ", -1).length > 4);
    }
  }

  @Test
  void doesNotDrawWhereThereIsNoTerminal() {
    Command.Result refused = status("--watch");

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.output()).contains("for programs: slipway status --json");
  }
}
