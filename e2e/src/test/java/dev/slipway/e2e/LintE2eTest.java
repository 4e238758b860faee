package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Warnings of builds, and what is asked instead of a build, through a real buildx. */
@OnSharedFarm
class LintE2eTest {
  private static final BuildDirectory APP =
      BuildDirectory.of(
          """
          # who is greeted
          ARG WHO=world
          # base greets
          FROM busybox AS base
          ARG WHO
          CMD echo $WHO

          # app is built on it
          FROM base AS app
          RUN --mount=type=tmpfs,target=/t echo $WHO > /who
          """);

  private final Farm farm = SharedFarm.get();

  /** What buildx prints, with the flag that its version has for this. */
  private String ask(BuildDirectory app, String question, String... flags) {
    Buildx buildx = farm.buildx();
    boolean call = buildx.run("build", "--help").output().contains("--call");
    String[] all = java.util.Arrays.copyOf(flags, flags.length + 1);
    all[flags.length] = (call ? "--call=" : "--print=") + question;
    // Versions before 0.14 have questions as an experiment.
    return buildx.build(Map.of("BUILDX_EXPERIMENTAL", "1"), app.path(), all).output();
  }

  @Test
  @Feature(value = "warnings of a build", area = Area.CLIENT)
  void aBuildShowsItsWarnings() {
    String output =
        farm.buildx().build(APP.path(), "--platform", "linux/amd64,linux/arm64").orThrow().output();

    assertThat(output)
        .containsOnlyOnce(
            "WARN: JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 6)");
  }

  @Test
  @Feature(value = "# check=error=true", area = Area.LINT)
  void aWarningFailsTheBuildWhereThatIsAskedFor() {
    Command.Result result =
        farm.buildx().build(APP.path(), "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=error=true");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("lint violation found for rules: JSONArgsRecommended");
  }

  @Test
  @Feature(value = "docker buildx build --call=check", area = Area.CLIENT)
  void checksWithoutBuilding() {
    BuildDirectory app =
        BuildDirectory.of("FROM scratch AS Unused\nCOPY $file /\nFROM busybox\nRUN exit 1\n");

    assertThat(ask(app, "lint"))
        .contains("StageNameCasing", "Stage name 'Unused' should be lowercase")
        .contains("https://docs.docker.com/go/dockerfile/rule/undefined-var/")
        .contains(">>> COPY $file /");
  }

  @Test
  @Feature(value = "docker buildx build --call=outline", area = Area.CLIENT)
  void outlinesATarget() {
    assertThat(ask(APP, "outline", "--build-arg", "WHO=you", "--target", "base"))
        .containsPattern("TARGET: +base")
        .containsPattern("DESCRIPTION: +greets")
        .containsPattern("WHO +you");
  }

  @Test
  @Feature(
      value = {
        "docker buildx build --call=targets",
        "docker buildx build --call=subrequests.describe"
      },
      area = Area.CLIENT)
  void listsTargetsAndQuestions() {
    assertThat(ask(APP, "targets"))
        .containsPattern("base +greets")
        .containsPattern("app [(]default[)] +is built on it");
    assertThat(ask(APP, "subrequests.describe"))
        .containsPattern("outline +1[.]0[.]0 +List all parameters current build target supports");
  }
}
