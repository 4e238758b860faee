package dev.slipway.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The real docker buildx with a builder of its own; nothing of the user's settings is read or
 * changed.
 */
final class Buildx {
  private static final String PROGRAM = "/usr/libexec/docker/cli-plugins/docker-buildx";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Map<String, String> environment;

  /** A client of that endpoint. */
  Buildx(String endpoint) {
    this(endpoint, "");
  }

  /**
   * A client of that endpoint.
   *
   * @param driverOptions as for {@code --driver-opt}; empty = none
   */
  Buildx(String endpoint, String driverOptions) {
    Path settings = Workplace.folder("buildx");
    try {
      Files.createDirectories(settings.resolve("docker"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    environment =
        Map.of(
            "BUILDX_CONFIG",
            settings.toString(),
            "DOCKER_CONFIG",
            settings.resolve("docker").toString(),
            "BUILDX_NO_DEFAULT_ATTESTATIONS",
            "1",
            "BUILDKIT_PROGRESS",
            "plain",
            "BUILDX_BUILDER",
            "farm",
            "NO_COLOR",
            "1");
    List<String> create =
        new ArrayList<>(List.of("create", "--name", "farm", "--driver", "remote", endpoint));
    if (!driverOptions.isEmpty()) {
      create.addAll(List.of("--driver-opt", driverOptions));
    }
    run(create.toArray(String[]::new)).orThrow();
  }

  private Buildx(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * The same without what is experimental: old versions evaluate a result again in a build of its
   * own there, when the first one and its session have ended, and read no archive from standard
   * input.
   */
  Buildx ordinary() {
    Map<String, String> all = new HashMap<>(environment);
    all.put("BUILDX_EXPERIMENTAL", "0");
    return new Buildx(Map.copyOf(all));
  }

  Command.Result run(String... arguments) {
    try (Command command = start(List.of(arguments))) {
      return command.await(PATIENCE);
    }
  }

  private Command start(List<String> arguments) {
    List<String> words = new ArrayList<>(List.of(PROGRAM));
    words.addAll(arguments);
    return Command.start(environment, Path.of("/"), words);
  }

  /** {@code docker buildx build …flags context}, to its end. */
  Command.Result build(Path context, String... flags) {
    try (Command command = startBuild(context, flags)) {
      return command.await(PATIENCE);
    }
  }

  /** The same with more of the environment, such as the engine that {@code --load} loads into. */
  Command.Result build(Map<String, String> more, Path context, String... flags) {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(more);
    List<String> words = new ArrayList<>(List.of(PROGRAM, "build", "--progress", "plain"));
    words.addAll(List.of(flags));
    words.add(context.toString());
    try (Command command = Command.start(all, Path.of("/"), words)) {
      return command.await(PATIENCE);
    }
  }

  /** {@code docker buildx build …flags -} with an archive on its standard input. */
  Command.Result buildOf(Path archive, String... flags) {
    List<String> words =
        new ArrayList<>(
            List.of("/bin/sh", "-c", "exec \"$0\" build \"$@\" - < " + archive, PROGRAM));
    words.addAll(List.of(flags));
    try (Command command = Command.start(environment, Path.of("/"), words)) {
      return command.await(PATIENCE);
    }
  }

  /** What {@code docker login} leaves behind. */
  void login(String registry, String user, String password) {
    String auth =
        Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    try {
      Files.writeString(
          Path.of(environment.get("DOCKER_CONFIG")).resolve("config.json"),
          "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(registry, auth));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * {@code docker build …flags context} with this builder chosen by the environment, to its end.
   */
  Command.Result dockerBuild(Path context, String... flags) {
    List<String> words = new ArrayList<>(List.of("docker", "build", "--progress", "plain"));
    words.addAll(List.of(flags));
    words.add(context.toString());
    try (Command command = Command.start(environment, Path.of("/"), words)) {
      return command.await(PATIENCE);
    }
  }

  /** Starts a build. */
  Command startBuild(Path context, String... flags) {
    List<String> arguments = new ArrayList<>(List.of("build", "--progress", "plain"));
    arguments.addAll(List.of(flags));
    arguments.add(context.toString());
    return start(arguments);
  }
}
