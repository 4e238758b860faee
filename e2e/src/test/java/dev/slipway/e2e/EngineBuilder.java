package dev.slipway.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The BuildKit inside the shared engine, behind the same client as the farm. */
final class EngineBuilder {
  private static final String PROGRAM = "/usr/libexec/docker/cli-plugins/docker-buildx";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String BASE = "docker.io/library/busybox";

  private final Map<String, String> environment;
  private final int version;

  /** The engine gets the base image under the name that Dockerfiles use. */
  EngineBuilder(LocalRegistry registry) {
    Engine.shared();
    Path settings = Workplace.folder("engine-client");
    try {
      Files.createDirectories(settings.resolve("docker"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    environment =
        Map.of(
            "DOCKER_HOST",
            System.getenv("DOCKER_HOST"),
            "BUILDX_CONFIG",
            settings.toString(),
            "DOCKER_CONFIG",
            settings.resolve("docker").toString(),
            "BUILDX_NO_DEFAULT_ATTESTATIONS",
            "1",
            "BUILDX_BUILDER",
            "default",
            "NO_COLOR",
            "1");
    docker("pull", "-q", registry.image("library/busybox")).orThrow();
    docker("tag", registry.image("library/busybox"), BASE).orThrow();
    version =
        Integer.parseInt(
            docker("version", "--format", "{{.Server.Version}}")
                .orThrow()
                .output()
                .strip()
                .split("\\.")[0]);
  }

  private Command.Result docker(String... arguments) {
    List<String> words = new ArrayList<>(List.of("docker"));
    words.addAll(List.of(arguments));
    return run(words);
  }

  private Command.Result run(List<String> words) {
    try (Command command = Command.start(environment, Path.of("/"), words)) {
      return command.await(PATIENCE);
    }
  }

  /** The first number of its version. */
  int version() {
    return version;
  }

  /** Builds without a network: this engine has no bridge. */
  Command.Result build(Path context, String... flags) {
    List<String> words =
        new ArrayList<>(List.of(PROGRAM, "build", "--progress", "plain", "--network", "none"));
    words.addAll(List.of(flags));
    words.add(context.toString());
    return run(words);
  }
}
