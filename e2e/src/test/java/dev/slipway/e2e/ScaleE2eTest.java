package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Workers that come and go while builds run. */
class ScaleE2eTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final LocalRegistry registry = LocalRegistry.shared();

  @Test
  void noBuildFailsWhileAFarmGrowsFromNothingAndShrinksToNothing() {
    String config = registry.mirrorConfig() + "[queue]\nworker-patience = \"4m\"\n";
    List<Command> builds = new ArrayList<>();
    try (Farm farm = Farm.start(0, config)) {
      start(builds, farm, 3);
      int first = farm.addWorker();
      int second = farm.addWorker();
      start(builds, farm, 2);
      builds.getFirst().awaitStepLog(PATIENCE, "one");

      farm.drainWorker(first);
      start(builds, farm, 2);
      farm.drainWorker(second);
      start(builds, farm, 1);
      assertThat(farm.http("/api/v1/workers")).contains("\"workers\":[]");
      int again = farm.addWorker();

      assertThat(again).as("a worker that left comes back with its cache").isEqualTo(first);
      for (Command build : builds) {
        Command.Result result = build.await(PATIENCE);
        assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
      }
    } finally {
      builds.forEach(Command::close);
    }
  }

  @Test
  void whatOnlyOneWorkerHasOutlivesIt() {
    String mount = "FROM busybox\nRUN --mount=type=cache,target=/c,id=" + UUID.randomUUID();
    BuildDirectory app =
        BuildDirectory.of(
            mount + " cat /proc/sys/kernel/random/uuid > /made && cp /made /c/seed\n");
    BuildDirectory user = BuildDirectory.of(mount + " cp /c/seed /found\n");
    try (Farm farm = Farm.start(1)) {
      farm.buildx().build(app.path(), "-t", registry.image("drain/app:1"), "--push").orThrow();
      farm.addWorker();

      farm.drainWorker(1);

      farm.buildx().build(app.path(), "-t", registry.image("drain/app:2"), "--push").orThrow();
      assertThat(PushedImage.read(registry, "drain/app", "2", "amd64").text("made"))
          .isEqualTo(PushedImage.read(registry, "drain/app", "1", "amd64").text("made"));
      farm.buildx().build(user.path(), "-t", registry.image("drain/user:1"), "--push").orThrow();
      assertThat(PushedImage.read(registry, "drain/user", "1", "amd64").text("found"))
          .as("the cache mount's newest copy was handed over")
          .isEqualTo(PushedImage.read(registry, "drain/app", "1", "amd64").text("made"));
      assertThat(farm.http("/api/v1/workers"))
          .contains("\"worker-2\"")
          .doesNotContain("\"worker-1\"");
    }
  }

  private void start(List<Command> builds, Farm farm, int count) {
    for (int i = 0; i < count; i++) {
      BuildDirectory app =
          BuildDirectory.of(
              "FROM busybox\nRUN echo one && sleep 2 && echo "
                  + UUID.randomUUID()
                  + " > /a\nRUN sleep 2 && cat /a > /b\nRUN cmp /a /b\n");
      builds.add(farm.buildx().startBuild(app.path()));
    }
  }
}
