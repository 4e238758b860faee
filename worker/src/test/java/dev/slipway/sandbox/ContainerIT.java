package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real containers whose processes come and go; needs what {@link SandboxIT} needs. */
class ContainerIT {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Path BUSYBOX = Path.of("/usr/bin/busybox");

  @TempDir Path directory;
  private Path root;
  private NetworkPool networks;
  private Container container;
  private final Output output = new Output();

  private static final class Output implements ExecOutput {
    private final ByteArrayOutputStream all = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int stream, byte[] data) {
      all.writeBytes(data);
    }

    synchronized String text() {
      return all.toString(StandardCharsets.UTF_8);
    }
  }

  @BeforeEach
  void open() throws Exception {
    Readiness readiness = Readiness.probe("runc");
    assumeTrue(
        readiness.missing().isEmpty() && Files.exists(BUSYBOX),
        () -> "not where a worker runs: " + readiness.missing());
    root = Files.createDirectories(directory.resolve("root"));
    Files.createDirectories(root.resolve("bin"));
    Files.copy(BUSYBOX, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
    for (String applet : List.of("sh", "cat", "sleep", "stty", "kill")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
    }
    networks =
        new NetworkPool(
            directory.resolve("net"), false, Unreachable.around(List.of("127.0.0.1:1")));
    Sandbox sandbox =
        new Sandbox(new SandboxConfig("runc", directory.resolve("sandbox")), networks);
    container =
        sandbox.open(
            new ExecSpec(
                "exec-" + UUID.randomUUID(),
                root,
                false,
                meta("true"),
                List.of(),
                Op.Network.NONE,
                Optional.empty()));
  }

  @AfterEach
  void close() {
    if (container != null) {
      container.close();
      networks.close();
      assertThat(directory.resolve("sandbox/bundles")).isEmptyDirectory();
      assertThat(directory.resolve("sandbox/state")).isEmptyDirectory();
    }
  }

  private static ExecMeta meta(String... arguments) {
    return new ExecMeta(
        List.of(arguments), List.of(), "/", "", "", List.of(), List.of(), List.of(), List.of());
  }

  private ContainerProcess start(boolean terminal, String script) throws Exception {
    return container.start(new ProcessSpec(meta("/bin/sh", "-c", script), terminal, true), output);
  }

  @Test
  void laterProcessesShareWhatTheFirstOneSees() throws Exception {
    start(false, "echo here > /file; sleep 100");
    ContainerProcess second = start(false, "while ! cat /file 2>/dev/null; do :; done; exit 7");

    assertThat(container.await(second)).isEqualTo(7);
    assertThat(output.text()).isEqualTo("here\n");
  }

  @Test
  void aProcessReadsWhatItIsGivenUntilItEnds() throws Exception {
    ContainerProcess process = start(false, "cat");
    process.write("words\n".getBytes(StandardCharsets.UTF_8));
    process.endInput();

    assertThat(container.await(process)).isZero();
    assertThat(output.text()).isEqualTo("words\n");
  }

  @Test
  void aTerminalHasASizeThatChanges() throws Exception {
    ContainerProcess process = start(true, "while stty size; do read line || exit; done");
    process.resize(40, 80);
    Awaitility.await()
        .atMost(SOON)
        .until(() -> {
          process.write("\n".getBytes(StandardCharsets.UTF_8));
          return output.text().contains("40 80");
        });
    process.signal(9);

    assertThat(container.await(process)).isEqualTo(137);
    process.release();
  }

  @Test
  void whatIsTypedAtATerminalInterruptsWhatRunsInIt() throws Exception {
    ContainerProcess process = start(true, "trap 'exit 3' INT; echo ready; sleep 100 & wait");
    Awaitility.await().atMost(SOON).until(() -> output.text().contains("ready"));
    process.write(new byte[] {3}); // control and C

    assertThat(container.await(process)).isEqualTo(3);
    process.release();
  }

  @Test
  void aJoinedProcessGetsItsSignalAlone() throws Exception {
    ContainerProcess first = start(false, "sleep 100");
    // The runtime waits for all who hold the output, so what stays behind must not.
    ContainerProcess second =
        start(false, "trap 'exit 5' TERM; echo ready; sleep 100 >/dev/null 2>&1 & wait");
    Awaitility.await().atMost(SOON).until(() -> output.text().contains("ready"));
    second.signal(15);

    assertThat(container.await(second)).isEqualTo(5);
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void allEndsWithTheFirstProcess() throws Exception {
    ContainerProcess first = start(false, "read line");
    ContainerProcess second = start(false, "sleep 100");
    first.endInput();

    assertThat(container.await(second)).isEqualTo(137);
    container.await(first);
    assertThatThrownBy(() -> start(false, "true")).hasMessageContaining("has stopped");
  }

  @Test
  void closingEndsWhatRuns() throws Exception {
    ContainerProcess first = start(true, "sleep 100");
    ContainerProcess second = start(false, "cat");
    container.close();

    assertThat(container.await(first)).isEqualTo(137);
    assertThat(container.await(second)).isNotZero();
    first.release();
  }

  @Test
  void aCommandThatIsNotThereEndsWithTheRuntimesWords() throws Exception {
    ContainerProcess process =
        container.start(new ProcessSpec(meta("/nope"), false, false), output);

    assertThat(container.await(process)).isEqualTo(1);
    assertThat(output.text()).contains("/nope");
  }
}
