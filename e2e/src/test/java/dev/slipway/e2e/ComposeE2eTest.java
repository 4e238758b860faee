package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * deploy/compose as it is, but for the ports (free ones) and the images that no registry is there
 * for: the registry and Prometheus are Debian's programs. Grafana is left out, Debian has none.
 */
@EnabledIf("possible")
class ComposeE2eTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final List<String> SERVICES =
      List.of("coordinator", "worker-1", "worker-2", "worker-3", "registry", "prometheus");

  private static final String PORTS =
      """
      services:
        coordinator: {ports: !override ["127.0.0.1::1234", "127.0.0.1::8080"]}
        registry: {ports: !override ["127.0.0.1::5000"]}
        prometheus: {ports: !override ["127.0.0.1::9090"]}
      """;

  private final LocalRegistry registry = LocalRegistry.shared();
  private final Path folder = Workplace.folder("compose");
  private final String project = "slipway" + ThreadLocalRandom.current().nextInt(1_000_000);

  static boolean possible() {
    return Engine.possible() && Files.isExecutable(DeployTest.COMPOSE);
  }

  @Test
  void oneCommandStartsAFarmThatBuildsPushesAndIsWatched() throws IOException {
    Engine.shared();
    FarmImages.shared();
    image(
        "registry",
        "docker-registry",
        "COPY config.yml /etc/\nENTRYPOINT [\"/usr/bin/docker-registry\", \"serve\", \"/etc/config.yml\"]");
    image(
        "prometheus",
        "prometheus",
        "ENTRYPOINT [\"/usr/bin/prometheus\", \"--config.file=/etc/prometheus/prometheus.yml\", \"--storage.tsdb.path=/prometheus\"]");
    Files.writeString(folder.resolve("ports.yaml"), PORTS);

    try {
      List<String> up = new ArrayList<>(List.of("up", "--detach", "--no-build"));
      up.addAll(SERVICES);
      compose(up.toArray(String[]::new));
      String farm = published("coordinator", 8080);
      Awaitility.await("three workers have joined")
          .atMost(Duration.ofMinutes(1))
          .ignoreExceptionsInstanceOf(AssertionError.class)
          .until(() -> get(farm + "/api/v1/workers").split("joinedAt", -1).length == 4);
      Command.run(
              PATIENCE,
              List.of(
                  Workplace.tree().resolve("launcher/base-image").toString(),
                  Workplace.baseImageCache().toString(),
                  published("registry", 5000),
                  "busybox"))
          .orThrow();

      new Buildx("tcp://" + published("coordinator", 1234))
          .build(
              BuildDirectory.of("FROM registry:5000/library/busybox\nRUN echo hello > /hello\n")
                  .path(),
              "-t",
              "registry:5000/app:1",
              "--push")
          .orThrow();

      assertThat(get(published("registry", 5000) + "/v2/app/tags/list")).contains("\"1\"");
      String prometheus = published("prometheus", 9090) + "/api/v1/";
      Awaitility.await("Prometheus has all four")
          .atMost(Duration.ofSeconds(40))
          .until(() -> get(prometheus + "query?query=sum(up)").contains(",\"4\"]"));
      assertThat(get(prometheus + "rules")).contains("slipway");
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(compose("logs", "--tail", "20"), e);
    } finally {
      compose("down", "--volumes", "--timeout", "20");
    }
  }

  /** Puts a program of this machine into an image that the farm builds. */
  private void image(String name, String program, String entry) throws IOException {
    Path context = Files.createDirectories(folder.resolve(name));
    Files.copy(Path.of("/usr/bin", program), context.resolve(program));
    Files.writeString(
        context.resolve("config.yml"),
        "{version: 0.1, storage: {filesystem: {rootdirectory: /var/lib/registry}}, http: {addr: \":5000\"}}\n");
    Files.writeString(
        context.resolve("Dockerfile"),
        "FROM debian\nCOPY " + program + " /usr/bin/\n" + entry + "\n");
    FarmImages.shared()
        .buildx()
        .build(context, "-t", registry.image("compose/" + name + ":1"), "--push")
        .orThrow();
  }

  private static String get(String url) {
    return Command.run(
            Duration.ofSeconds(15),
            List.of("curl", "-fsS", "-g", "--max-time", "10", "http://" + url))
        .orThrow()
        .output();
  }

  /** host:port of this machine. */
  private String published(String service, int port) {
    return compose("port", service, Integer.toString(port)).strip();
  }

  private String compose(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                DeployTest.COMPOSE.toString(),
                "--project-name",
                project,
                "--file",
                Workplace.tree().resolve("deploy/compose/compose.yaml").toString(),
                "--file",
                folder.resolve("ports.yaml").toString()));
    words.addAll(List.of(arguments));
    Map<String, String> environment =
        Map.of(
            "DOCKER_HOST",
            System.getenv("DOCKER_HOST"),
            "DOCKER_CONFIG",
            folder.toString(),
            "SLIPWAY_IMAGES",
            registry.image("slipway"),
            "SLIPWAY_REGISTRY_IMAGE",
            registry.image("compose/registry:1"),
            "SLIPWAY_PROMETHEUS_IMAGE",
            registry.image("compose/prometheus:1"));
    try (Command command = Command.start(environment, Path.of("/"), words)) {
      return command.await(PATIENCE).orThrow().output();
    }
  }
}
