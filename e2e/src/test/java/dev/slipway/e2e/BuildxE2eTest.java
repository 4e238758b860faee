package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What people do all day with {@code docker buildx}. */
@OnSharedFarm
class BuildxE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();

  private static final Pattern TRANSFERRED =
      Pattern.compile("transferring context: ([0-9.]+)(B|kB|MB)");

  private static final String APP =
      """
      FROM busybox AS one
      RUN echo one-$(uname -m) > /one
      FROM busybox AS two
      ARG TARGETARCH
      RUN echo two-$TARGETARCH > /two
      FROM busybox
      COPY --from=one /one /
      COPY --from=two /two /
      COPY file.txt /file.txt
      CMD ["cat", "/one", "/two", "/file.txt"]
      """;

  @Test
  @Feature(value = "docker buildx inspect", area = Area.CLIENT)
  void listsEveryWorkerWithItsPlatforms() {
    String output = farm.buildx().run("inspect", "--bootstrap", "farm").orThrow().output();

    assertThat(output)
        .contains("linux/amd64")
        .contains("linux/arm64")
        .containsIgnoringCase("running");
    assertThat(farm.http("/api/v1/workers")).contains("worker-1").contains("worker-2");
  }

  @Test
  @Feature(value = "docker buildx build --platform --push", area = Area.CLIENT)
  void pushesBothPlatformsAndBuildsThemFromTheCacheTheSecondTime() {
    BuildDirectory app = BuildDirectory.of(APP).with("file.txt", "from the context\n");
    String image = registry.image("buildx/app:1");

    farm.buildx()
        .build(app.path(), "--platform", "linux/amd64,linux/arm64", "-t", image, "--push")
        .orThrow();

    PushedImage amd64 = PushedImage.read(registry, "buildx/app", "1", "amd64");
    assertThat(amd64.text("one")).isEqualTo("one-x86_64\n");
    assertThat(amd64.text("two")).isEqualTo("two-amd64\n");
    assertThat(amd64.text("file.txt")).isEqualTo("from the context\n");
    PushedImage arm64 = PushedImage.read(registry, "buildx/app", "1", "arm64");
    assertThat(arm64.text("one")).isEqualTo("one-aarch64\n");
    assertThat(arm64.text("two")).isEqualTo("two-arm64\n");
    assertThat(arm64.config().at("/architecture").asText()).isEqualTo("arm64");

    String first = registry.manifest("buildx/app", "1");
    String again =
        farm.buildx()
            .build(app.path(), "--platform", "linux/amd64,linux/arm64", "-t", image, "--push")
            .orThrow()
            .output();

    assertThat(steps(again, " CACHED")).as(again).isGreaterThanOrEqualTo(2);
    assertThat(again).doesNotContainPattern("#\\d+ [0-9.]+ (one|two)-");
    assertThat(registry.manifest("buildx/app", "1"))
        .as("the same image, bit by bit")
        .isEqualTo(first);
  }

  @Test
  @Feature(value = "docker build", area = Area.CLIENT)
  void plainDockerBuildUsesTheFarmThatTheEnvironmentNames() {
    BuildDirectory app = BuildDirectory.of("FROM busybox\nRUN echo docker-build > /made-by\n");

    farm.buildx()
        .dockerBuild(app.path(), "-t", registry.image("buildx/docker:1"), "--push")
        .orThrow();

    assertThat(PushedImage.read(registry, "buildx/docker", "1", "amd64").text("made-by"))
        .isEqualTo("docker-build\n");
  }

  @Test
  @Feature(
      value = "transfer of a local context",
      note = "Only what changed is sent.",
      area = Area.SESSION)
  void sendsNoFileTwice() {
    byte[] big = new byte[600_000];
    new java.util.Random(7).nextBytes(big);
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nCOPY . /app\n")
            .with("big.bin", big)
            .with("small.txt", "1");

    double first =
        transferred(
            farm.buildx()
                .build(app.path(), "-t", registry.image("buildx/context:1"), "--push")
                .orThrow()
                .output());
    double unchanged =
        transferred(
            farm.buildx()
                .build(app.path(), "-t", registry.image("buildx/context:1"), "--push")
                .orThrow()
                .output());
    app.with("small.txt", "two");
    double changed =
        transferred(
            farm.buildx()
                .build(app.path(), "-t", registry.image("buildx/context:2"), "--push")
                .orThrow()
                .output());

    assertThat(first).isGreaterThan(600_000);
    assertThat(unchanged).isLessThan(2_000);
    assertThat(changed).isLessThan(2_000);
    assertThat(PushedImage.read(registry, "buildx/context", "2", "amd64").text("app/small.txt"))
        .isEqualTo("two");
  }

  @Test
  @Feature(value = "progress of steps and logs", area = Area.CLIENT)
  void showsStepsAndLogsAsBuildKitDoes() {
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox AS base\nRUN echo hello-from-the-step && echo error-line >&2\n");

    String output =
        farm.buildx()
            .build(app.path(), "--no-cache", "-t", registry.image("buildx/log:1"), "--push")
            .orThrow()
            .output();

    assertThat(output)
        .contains("[internal] load build definition from Dockerfile")
        .contains("[internal] load .dockerignore")
        .containsPattern("\\[(base )?2/2\\] RUN echo hello-from-the-step")
        .containsPattern("#\\d+ [0-9.]+ hello-from-the-step")
        .containsPattern("#\\d+ [0-9.]+ error-line")
        .contains("pushing layers");
  }

  private static int steps(String output, String mark) {
    return (int) output.lines().filter(line -> line.endsWith(mark)).count();
  }

  private static double transferred(String output) {
    Matcher matcher = TRANSFERRED.matcher(output);
    double bytes = -1;
    while (matcher.find()) {
      double factor =
          switch (matcher.group(2)) {
            case "kB" -> 1e3;
            case "MB" -> 1e6;
            default -> 1;
          };
      bytes = Math.max(bytes, Double.parseDouble(matcher.group(1)) * factor);
    }
    assertThat(bytes).as(output).isNotNegative();
    return bytes;
  }
}
