package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Cache mounts that follow the builds from worker to worker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheMountE2eTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Counts in a file of the mount at /c how often it ran. */
  private static final String COUNT =
      "n=$(cat /c/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > /c/n; echo count=$n";

  private Farm farm;

  /** Each test has mounts of its own. */
  private final String salt = UUID.randomUUID().toString().substring(0, 8);

  private int steps;

  @BeforeAll
  void start() {
    farm = Farm.start(3);
  }

  @AfterAll
  void stop() {
    farm.close();
  }

  @Test
  @Feature(
      value = "RUN --mount=type=cache",
      note = "The newest copy is fetched by the worker that needs it.")
  void countsOnWhicheverWorkerTheBuildsRun() {
    List<Integer> counts = new ArrayList<>();
    for (int worker : new int[] {1, 2, 2, 1, 2}) {
      String output = build(run("id=count", COUNT), on(worker)).orThrow().output();
      assertThat(output).contains("on worker-" + worker);
      counts.add(count(output));
    }

    assertThat(counts).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void takesAStageToTheWorkerThatHasTheNewestCopy() {
    String fill = "dd if=/dev/zero of=/c/big bs=1M count=32 2>/dev/null; " + COUNT;
    build(run("id=place", fill), on(2)).orThrow();

    for (int i = 0; i < 3; i++) {
      assertThat(build(run("id=place", COUNT)).orThrow().output()).contains("on worker-2");
    }
  }

  @Test
  @Feature("RUN --mount=type=cache,sharing=locked")
  void letsOneStepInTheFarmUseALockedMount() {
    String script =
        "cut -d' ' -f1 /proc/uptime; sleep 2; " + COUNT + "; cut -d' ' -f1 /proc/uptime";
    List<Command> builds = new ArrayList<>();
    for (int worker = 1; worker <= 2; worker++) {
      builds.add(start(run("id=locked,sharing=locked", script), on(worker)));
    }

    List<String> outputs =
        builds.stream().map(one -> one.await(PATIENCE).orThrow().output()).toList();

    List<double[]> times = outputs.stream().map(CacheMountE2eTest::times).toList();
    assertThat(times.get(0)[1] <= times.get(1)[0] || times.get(1)[1] <= times.get(0)[0])
        .as(String.join("\n", outputs))
        .isTrue();
    assertThat(outputs.stream().map(CacheMountE2eTest::count)).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  @Feature("RUN --mount=type=cache,sharing=private")
  void keepsPrivateMountsOfStepsAtOnceApart() {
    // They meet in a mount that they share, so that both run at the same time.
    String script =
        "touch /s/$$-%s; until [ $(ls /s | wc -l) = 2 ]; do sleep 0.1; done; touch /c/%1$s; echo count=$(ls /c | wc -l)";
    List<Command> builds = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      builds.add(
          start(
              "FROM busybox\nRUN "
                  + mount("id=meet", "/s")
                  + mount("id=private,sharing=private", "/c")
                  + script.formatted(i),
              on(1)));
    }

    for (Command one : builds) {
      assertThat(count(one.await(PATIENCE).orThrow().output())).isEqualTo(1);
    }
  }

  @Test
  @Feature("RUN --mount=type=cache,from=")
  void beginsWithFilesOfAStageAndKeepsThemWhenReadOnly() {
    String file =
        """
        FROM busybox AS seed
        RUN mkdir /seed && echo seeded > /seed/file
        FROM busybox
        RUN %scat /c/file; touch /c/x 2>/dev/null && exit 1; echo read-only
        RUN %scat /c/file; rm /c/file
        RUN %sls /c | wc -l
        """
            .formatted(
                mount("id=seeded,from=seed,source=/seed,ro", "/c"),
                mount("id=seeded,from=seed,source=/seed", "/c"),
                mount("id=seeded,from=seed,source=/seed,sharing=locked", "/c"));

    String output = build(file).orThrow().output();

    assertThat(lines(output, "seeded")).hasSize(2);
    assertThat(lines(output, "read-only")).hasSize(1);
    assertThat(lines(output, "0")).hasSize(1);
  }

  @Test
  @Feature("RUN --mount=type=cache,uid=,gid=,mode=")
  void makesTheDirectoryWithOwnerAndMode() {
    String output =
        build(run("id=owned,uid=123,gid=45,mode=0710", "stat -c '%u:%g %a' /c")).orThrow().output();

    assertThat(lines(output, "123:45 710")).hasSize(1);
  }

  @Test
  void keepsWhatAFailedStepWroteAndLeavesItOutOfTheImage() {
    assertThat(build(run("id=failed", COUNT + "; exit 1"), on(1)).exitCode()).isNotZero();
    LocalRegistry registry = LocalRegistry.shared();

    String output =
        build(
                run("id=failed", COUNT + "; cp /c/n /copied"),
                on(2),
                "-t",
                registry.image("mounts/failed:1"),
                "--push")
            .orThrow()
            .output();

    assertThat(count(output)).isEqualTo(2);
    PushedImage image = PushedImage.read(registry, "mounts/failed", "1", "amd64");
    assertThat(image.text("copied")).isEqualTo("2\n");
    assertThat(image.files()).doesNotContainKeys("c", "c/", "c/n");
  }

  @Test
  void beginsAnewWithoutTheCache() {
    build(run("id=fresh", COUNT), on(1)).orThrow();
    build(run("id=fresh", COUNT), on(2)).orThrow();

    assertThat(count(build(run("id=fresh", COUNT), on(1), "--no-cache").orThrow().output()))
        .isEqualTo(1);
    assertThat(count(build(run("id=fresh", COUNT), on(2)).orThrow().output())).isEqualTo(2);
  }

  @Test
  void givesTenantsAndNamespacesMountsOfTheirOwn() {
    build(run("id=mine", COUNT), on(1)).orThrow();

    for (String other : List.of("SLIPWAY_TENANT=other", "BUILDKIT_CACHE_MOUNT_NS=other")) {
      assertThat(count(build(run("id=mine", COUNT), on(1), arg(other)).orThrow().output()))
          .isEqualTo(1);
    }
  }

  @Test
  @Feature(
      value = {"docker buildx du", "docker buildx prune"},
      area = Area.CLIENT)
  void showsMountsAsRecordsThatCanBePruned() {
    build(run("id=pruned", "dd if=/dev/zero of=/c/big bs=1M count=3 2>/dev/null; " + COUNT), on(1))
        .orThrow();

    String used =
        farm.buildx().run("du", "--verbose", "--filter", "type=exec.cachemount").orThrow().output();
    farm.buildx().run("prune", "-f", "--filter", "type=exec.cachemount").orThrow();

    assertThat(used).contains("pruned-" + salt).contains("Mutable:\ttrue");
    assertThat(farm.buildx().run("du", "--filter", "type=exec.cachemount").orThrow().output())
        .doesNotContain("mount:");
    assertThat(count(build(run("id=pruned", COUNT), on(1)).orThrow().output())).isEqualTo(1);
  }

  @Test
  void losesNothingButTheCacheWithAWorker() {
    build(run("id=lost", COUNT), on(3)).orThrow();
    build(run("id=lost", COUNT), on(1)).orThrow();
    assertThat(count(build(run("id=lost", COUNT), on(3)).orThrow().output())).isEqualTo(3);

    farm.killWorker(3);

    String output = build(run("id=lost", COUNT), on(1)).orThrow().output();
    assertThat(count(output)).as("what worker-1 still had").isEqualTo(3);
  }

  /** A Dockerfile whose only step has the mount at /c; no other has the same step. */
  private String run(String options, String script) {
    return "FROM busybox\nRUN " + mount(options, "/c") + ": " + ++steps + "; " + script + "\n";
  }

  /** The ids are this run's own. */
  private String mount(String options, String target) {
    return "--mount=type=cache,target="
        + target
        + ","
        + options.replaceFirst("id=(\\w+)", "id=$1-" + salt)
        + " ";
  }

  private static String on(int worker) {
    return arg("SLIPWAY_WORKER_LABELS=dev.slipway.worker.name=worker-" + worker);
  }

  private static String arg(String setting) {
    return "--build-arg=" + setting;
  }

  private Command.Result build(String dockerfile, String... flags) {
    try (Command build = start(dockerfile, flags)) {
      return build.await(PATIENCE);
    }
  }

  private Command start(String dockerfile, String... flags) {
    Path context = BuildDirectory.of(dockerfile).path();
    return farm.buildx().startBuild(context, flags);
  }

  private static int count(String output) {
    Matcher matcher = Pattern.compile("(?m)^#\\d+ [0-9.]+ count=(\\d+)$").matcher(output);
    assertThat(matcher.find()).as(output).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  /** When the step began and ended. */
  private static double[] times(String output) {
    return Pattern.compile("(?m)^#\\d+ [0-9.]+ (\\d+\\.\\d+)$")
        .matcher(output)
        .results()
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .toArray();
  }

  /** What steps printed that is just this. */
  private static List<String> lines(String output, String text) {
    return output
        .lines()
        .filter(line -> line.matches("#\\d+ [0-9.]+ " + Pattern.quote(text)))
        .toList();
  }
}
