package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code slipway buildkitd} in the place of buildkitd. */
class BuildkitdE2eTest {
  private final LocalRegistry registry = LocalRegistry.shared();

  @Test
  void servesAUnixSocketKeepsToItsRootAndEndsCleanly() throws IOException {
    Path folder = Workplace.folder("buildkitd");
    Path config = folder.resolve("buildkitd.toml");
    Files.writeString(config, "debug = true\n" + registry.mirrorConfig());
    Path socket = folder.resolve("buildkitd.sock");
    String mounts = Files.readString(Path.of("/proc/self/mounts"));
    List<String> command =
        List.of(
            Workplace.slipway(),
            "buildkitd",
            "--config",
            config.toString(),
            "--root",
            folder.resolve("state").toString(),
            "--addr=unix://" + socket,
            "--oci-worker=true",
            "--containerd-worker=false",
            "--oci-worker-gc=false",
            "--group",
            "root",
            "--debug");

    try (Command daemon = Command.start(Map.of(), folder, command)) {
      daemon.awaitOutput(Duration.ofSeconds(60), output -> output.contains("slipway: ready after"));
      assertThat(Files.readString(Path.of("/proc/self/mounts"))).isEqualTo(mounts);
      new Buildx("unix://" + socket)
          .build(
              BuildDirectory.of("FROM busybox\nRUN echo drop-in > /file\n").path(),
              "-t",
              registry.image("buildkitd/app:1"),
              "--push")
          .orThrow();
      List<Long> started =
          ProcessHandle.of(daemon.pid())
              .orElseThrow()
              .descendants()
              .map(ProcessHandle::pid)
              .toList();

      long asked = System.nanoTime();
      daemon.terminate();
      Command.Result result = daemon.await(Duration.ofSeconds(10));

      assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(5));
      assertThat(result.exitCode()).as(result.output()).isZero();
      assertThat(started)
          .noneMatch(pid -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent());
    }
    assertThat(PushedImage.read(registry, "buildkitd/app", "1", "amd64").text("file"))
        .isEqualTo("drop-in\n");
    assertThat(Files.exists(socket)).isFalse();
  }

  @Test
  void refusesAFlagThatBuildkitdDoesNotHave() {
    Command.Result result =
        Command.run(
            Duration.ofSeconds(20), List.of(Workplace.slipway(), "buildkitd", "--no-such-flag"));

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("--no-such-flag");
  }
}
