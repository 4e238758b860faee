package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What of deploy/ can be checked without starting anything. */
class DeployTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Path DEPLOY = Workplace.tree().resolve("deploy");

  /** Where Debian's package docker-compose puts it, from Debian 13 on. */
  static final Path COMPOSE = Path.of("/usr/libexec/docker/cli-plugins/docker-compose");

  @ParameterizedTest
  @ValueSource(
      strings = {"slipway.service", "slipway-coordinator.service", "slipway-worker@.service"})
  void systemdUnderstandsEachUnit(String name) throws IOException {
    // An instance of a template; the tree lies elsewhere here.
    Path unit = Workplace.folder("units").resolve(name.replace("@.", "@a."));
    Files.writeString(
        unit,
        Files.readString(DEPLOY.resolve("systemd").resolve(name))
            .replace("/opt/slipway/", Workplace.tree() + "/"));

    Command.Result result =
        Command.run(PATIENCE, List.of("systemd-analyze", "verify", "--man=no", unit.toString()))
            .orThrow();

    assertThat(result.output()).as("systemd-analyze warns").isEmpty();
  }

  @Test
  void composeUnderstandsItsFileAndNoServiceIsPrivileged() {
    assumeTrue(Files.isExecutable(COMPOSE), "needs docker-compose of Debian 13 or later");
    String text;
    try (Command command =
        Command.start(
            Map.of(),
            Path.of("/"),
            List.of(
                COMPOSE.toString(),
                "-f",
                DEPLOY.resolve("compose/compose.yaml").toString(),
                "config"))) {
      text = command.await(PATIENCE).orThrow().output();
    }

    JsonNode services = Manifests.read(text).getFirst().get("services");
    assertThat(services.propertyNames())
        .contains("coordinator", "worker-1", "worker-2", "worker-3", "registry", "prometheus");
    for (JsonNode service : services) {
      assertThat(service.has("privileged")).isFalse();
      assertThat(Manifests.elements(service.path("ports")))
          .allMatch(port -> port.get("host_ip").asString().equals("127.0.0.1"));
      for (JsonNode volume : service.path("volumes")) {
        assertThat(volume.get("type").asString().equals("bind")).isEqualTo(volume.has("bind"));
        if (volume.has("bind")) {
          assertThat(Path.of(volume.get("source").asString())).exists();
        }
      }
    }
  }

  @Test
  void recipesAreYamlAndAskForNoPrivilege() throws IOException {
    try (Stream<Path> files = Files.list(DEPLOY.resolve("recipes"))) {
      for (Path file : files.toList()) {
        String text = Files.readString(file);
        if (file.toString().matches(".*\\.ya?ml")) {
          assertThat(Manifests.read(text)).as(file.toString()).hasSize(1);
        }
        assertThat(text).doesNotContain("privileged:").doesNotContain("docker.sock");
      }
    }
  }
}
