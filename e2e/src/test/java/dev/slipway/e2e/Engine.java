package dev.slipway.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A real Docker engine of its own (Debian's docker.io, no iptables, own state and socket), reached
 * through Testcontainers at $DOCKER_HOST, which the POM sets. Needs root. Testcontainers' helper
 * container is switched off: its image cannot be pulled where no registry is reachable.
 */
final class Engine {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static Engine shared;
  private final Command daemon;

  private Engine(Command daemon) {
    this.daemon = daemon;
  }

  /** Whether one can be started here. */
  static boolean possible() {
    return Workplace.root() && Files.isExecutable(Path.of("/usr/sbin/dockerd"));
  }

  /** The shared one; Testcontainers uses it. */
  static synchronized Engine shared() {
    if (shared == null) {
      shared = start();
    }
    return shared;
  }

  private static Engine start() {
    Path folder = Workplace.folder("engine");
    Path socket = Path.of(java.net.URI.create(System.getenv("DOCKER_HOST")).getPath());
    Command daemon =
        Command.start(
            Map.of(),
            folder,
            List.of(
                "/usr/sbin/dockerd",
                "--iptables=false",
                "--ip6tables=false",
                "--bridge=none",
                "--data-root=" + folder.resolve("data"),
                "--exec-root=" + folder.resolve("exec"),
                "--pidfile=" + folder.resolve("pid"),
                "--host=unix://" + socket,
                "--insecure-registry=127.0.0.0/8"));
    Workplace.atEnd(() -> stop(daemon, folder));
    Awaitility.await("dockerd answers")
        .atMost(Duration.ofMinutes(1))
        .until(() -> daemon.output().contains("API listen on") || ended(daemon));
    return new Engine(daemon);
  }

  /** {@code docker …} to its end; a failure is an error of the test. */
  String docker(String... arguments) {
    List<String> words = new ArrayList<>(List.of("docker"));
    words.addAll(List.of(arguments));
    try (Command command =
        Command.start(Map.of("DOCKER_HOST", System.getenv("DOCKER_HOST")), Path.of("/"), words)) {
      return command.await(PATIENCE).orThrow().output().strip();
    }
  }

  private static boolean ended(Command daemon) {
    if (!daemon.alive()) {
      throw new AssertionError("dockerd ended:\n" + daemon.output());
    }
    return false;
  }

  private static void stop(Command daemon, Path folder) {
    daemon.terminate();
    try {
      daemon.await(Duration.ofSeconds(15));
    } finally {
      daemon.close();
    }
    // Mounts of its data root go with it; what a crash left is not followed.
    try {
      if (Files.readString(Path.of("/proc/self/mounts")).contains(folder.toString())) {
        Command.run(
            Duration.ofSeconds(10),
            List.of(
                "sh",
                "-c",
                "grep -o '"
                    + folder
                    + "[^ ]*' /proc/self/mounts | sort -r | xargs -n 1 umount -l"));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
