package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What was built outlives the workers that built it. */
class DurabilityE2eTest {
  private static final Pattern LAYERS =
      Pattern.compile("slipway_durability_layers_total\\{outcome=\"(\\w+)\".*?\\} (\\S+)");

  private final LocalRegistry registry = LocalRegistry.shared();

  /** Three layers with a random id at the bottom: built again it would be another. */
  private final BuildDirectory app =
      BuildDirectory.of(
          "FROM busybox\nRUN echo "
              + UUID.randomUUID()
              + " && cat /proc/sys/kernel/random/uuid > /id\nRUN echo two > /two\nRUN echo three > /three\n");

  private String config(String durability) {
    return registry.mirrorConfig() + "[durability]\n  " + durability + "\n";
  }

  private String build(Farm farm, String tag) {
    Command.Result result =
        farm.buildx().build(app.path(), "-t", registry.image("durable/app:" + tag), "--push");
    assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
    return PushedImage.read(registry, "durable/app", tag, "amd64").text("id");
  }

  private static double layers(Farm farm, String outcome) {
    Matcher matcher = LAYERS.matcher(farm.http("/metrics"));
    double sum = 0;
    while (matcher.find()) {
      sum += matcher.group(1).equals(outcome) ? Double.parseDouble(matcher.group(2)) : 0;
    }
    return sum;
  }

  private static void awaitLayers(Farm farm, String outcome, int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> assertThat(layers(farm, outcome)).as(farm.logs()).isGreaterThanOrEqualTo(count));
  }

  private static int worker(Farm farm) {
    return farm.http("/api/v1/builds").contains("\"worker\":\"worker-1\"") ? 1 : 2;
  }

  private static void kill(Farm farm, int worker) {
    farm.killWorker(worker);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !farm.http("/api/v1/workers").contains("\"worker-" + worker + "\""));
  }

  @Test
  void copiesOnAnotherWorkerSurviveTheirMaker() {
    String tag = UUID.randomUUID().toString();
    try (Farm farm = Farm.start(2, config("replicas = 2"))) {
      String id = build(farm, tag + "-a");
      awaitLayers(farm, "copied", 3);

      kill(farm, worker(farm));

      assertThat(build(farm, tag + "-b")).isEqualTo(id);
    }
  }

  @Test
  void aRepositoryGivesAFarmWithEmptyWorkersItsCacheBack() {
    String tag = UUID.randomUUID().toString();
    String config = config("registry = \"" + registry.image("durable/layers") + "\"");
    Farm farm = Farm.start(1, config);
    try {
      String id = build(farm, tag + "-a");
      awaitLayers(farm, "stored", 3);

      farm = farm.restartedWithEmptyWorkers(1, config);

      assertThat(build(farm, tag + "-b")).isEqualTo(id);
      assertThat(continued(farm, tag + "-c")).isEqualTo(id);
    } finally {
      farm.close();
    }
  }

  @Test
  void aDirectoryGivesWhatTheOnlyMakerTookWithIt() throws IOException {
    String tag = UUID.randomUUID().toString();
    Path directory = Workplace.folder("tier");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (Farm farm = Farm.start(2, config("directory = \"" + directory + "\""))) {
      String id = build(farm, tag + "-a");
      awaitLayers(farm, "stored", 3);
      try (Stream<Path> files = Files.walk(directory.resolve("blobs/sha256"))) {
        assertThat(files.filter(Files::isRegularFile)).hasSize(3);
      }

      kill(farm, worker(farm));

      assertThat(build(farm, tag + "-b")).isEqualTo(id);
      assertThat(continued(farm, tag + "-c")).isEqualTo(id);
    }
  }

  /** One more step on top: the layers below have to come to the worker. */
  private String continued(Farm farm, String tag) {
    app.with(
        "Dockerfile", read(app.path().resolve("Dockerfile")) + "RUN cat /two /three > /four\n");
    String id = build(farm, tag);
    assertThat(PushedImage.read(registry, "durable/app", tag, "amd64").text("four"))
        .isEqualTo("two\nthree\n");
    return id;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
