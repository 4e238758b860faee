package dev.slipway.frontend.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.progress.Progress.Warning;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LintTest {
  /** Lines of the file are divided by {@code ~}, so are warnings; {@code -} = none. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      commentCharacter = ';',
      textBlock =
          """
          FROM scratch AS Base | StageNameCasing: Stage name 'Base' should be lowercase (line 1)
          FROM scratch as a | FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)
          From scratch as a~FROM a | ConsistentInstructionCasing: Command 'From' should match the case of the command majority (uppercase) (line 1)
          from a~COPY a b~copy a b | ConsistentInstructionCasing: Command 'COPY' should match the case of the command majority (lowercase) (line 2)
          FROM a~COPY a \\~~ b | NoEmptyContinuation: Empty continuation line (line 4)
          FROM a~COPY a \\~# comment~ b | -
          FROM a~RUN <<E~echo \\~~x~E | -
          FROM a AS b~FROM a AS b | DuplicateStageName: Duplicate stage name "b", stage names should be unique (line 2)
          FROM a AS context | ReservedStageName: Stage name should not use the same name as reserved stage "context" (line 1)
          FROM a~CMD x | JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 2)
          FROM a~SHELL ["/x"]~ENTRYPOINT x | -
          FROM a~MAINTAINER me | MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)
          ARG tag~FROM a:1${tga} | UndefinedArgInFrom: FROM argument 'tga' is not declared (did you mean tag?) (line 2)
          FROM a~WORKDIR x/ | WorkdirRelativePath: Relative workdir "x/" can have unexpected results if the base image changes (line 2)
          FROM a AS b~WORKDIR /x~FROM b~WORKDIR y | -
          FROM a~ARG NAME=x~COPY $NAM . | UndefinedVar: Usage of undefined variable '$NAM' (did you mean $NAME?) (line 3)
          FROM a~ENV PATH=$PAHT:/bin | UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?) (line 2)
          FROM a~ARG none~COPY a$none . | -
          FROM a~RUN --mount=type=bind,source=$x,target=/b c | UndefinedVar: Usage of undefined variable '$x' (line 2)
          FROM a~CMD ["x"]~CMD ["y"] | MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used (line 2)
          FROM a AS b~CMD ["x"]~FROM b~CMD ["y"] | -
          FROM a~ENV name value | LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format (line 2)
          FROM a~label key value | ConsistentInstructionCasing: Command 'label' should match the case of the command majority (uppercase) (line 2)~LegacyKeyValueFormat: "label key=value" should be used instead of legacy "label key value" format (line 2)
          FROM --platform=$TARGETPLATFORM a | RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior (line 1)
          FROM --platform=$BUILDPLATFORM a | -
          FROM a~ARG api_key~ENV db_PASSWORD=x | SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "api_key") (line 2)~SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "db_PASSWORD") (line 3)
          FROM a~ENV password_file=x public_key=y monkey=z | -
          ARG version=~FROM a:${version} | InvalidDefaultArgInFrom: Default value for ARG a:${version} results in empty or invalid base image name (line 2)
          FROM --platform=linux/amd64 a | FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64" (line 1)
          FROM --platform=linux/amd64 a AS x_amd64 | -
          FROM --platform=linux/arm64 a AS arm64 | InvalidBaseImagePlatform: Base image a was pulled with platform "linux/amd64", expected "linux/arm64" for current build (line 1)
          FROM a~COPY --from=b x y~COPY ignored . | CopyIgnoredFile: Attempting to Copy file "ignored" that is excluded by .dockerignore (line 3)
          FROM a~ADD ./ignored/x https://example.com/ignored / | CopyIgnoredFile: Attempting to Add file "ignored/x" that is excluded by .dockerignore (line 2)
          # check=experimental=all~# other thing~FROM a AS b | InvalidDefinitionDescription: Comment for FROM should follow the format: `# b <description>` (line 3)
          # check=experimental=all~# b is a thing~FROM a AS b | -
          FROM a~EXPOSE 80/TcP | ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase (line 2)
          FROM a~EXPOSE 127.0.0.1:80:80 8000 | ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80' (line 2)
          """)
  @Feature(value = "lint rules", area = Area.LINT, note = "All 22, in BuildKit's words.")
  void saysWhatIsUnwise(String dockerfile, String warnings) throws Exception {
    FileBridge bridge =
        new FileBridge(dockerfile.replace('~', '\n')).with(".dockerignore", "ignored\n");
    Map<String, String> options =
        dockerfile.contains("${version}") ? Map.of("build-arg:version", "1") : Map.of();
    try {
      bridge.solve(options);
    } catch (dev.slipway.error.SlipwayException e) {
      assertThat(e).hasMessageContaining("not supported yet");
    }

    assertThat(bridge.warnings)
        .extracting(Warning::summary)
        .containsExactlyElementsOf(
            warnings.equals("-") ? List.of() : Arrays.asList(warnings.split("~")));
  }

  @Test
  void aWarningPointsIntoTheFile() throws Exception {
    FileBridge bridge = new FileBridge("FROM a\nCMD x\n");

    bridge.solve(Map.of());

    Warning warning = bridge.warnings.getFirst();
    assertThat(warning.level()).isEqualTo(1);
    assertThat(warning.url())
        .isEqualTo("https://docs.docker.com/go/dockerfile/rule/json-args-recommended/");
    assertThat(warning.detail())
        .containsExactly(
            "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals");
    assertThat(warning.file().orElseThrow().filename()).isEqualTo("Dockerfile");
    assertThat(warning.ranges()).containsExactly(Range.lines(2, 2));
  }

  @Test
  void onlyTheFirstPlatformIsLookedAt() throws Exception {
    FileBridge bridge = new FileBridge("FROM a\nCMD x\n");

    bridge.solve(Map.of("platform", "linux/amd64,linux/arm64"));

    assertThat(bridge.warnings).hasSize(1);
  }

  @Test
  void instructionsOfStagesThatAreNotBuiltAreLeftAlone() throws Exception {
    FileBridge bridge = new FileBridge("FROM scratch AS One\nCOPY $x /\nFROM scratch\nCOPY a /\n");

    bridge.solve(Map.of());

    assertThat(bridge.warnings)
        .extracting(Warning::summary)
        .containsExactly("StageNameCasing: Stage name 'One' should be lowercase (line 1)");
  }

  @Test
  void tellsWhatItFoundBeforeAnError() {
    FileBridge bridge = new FileBridge("FROM a AS A\nMAINTAINER me\nNONSENSE\nMAINTAINER you\n");

    assertThatThrownBy(() -> bridge.solve(Map.of())).hasMessageContaining("NONSENSE");
    assertThat(bridge.warnings)
        .extracting(Warning::summary)
        .containsExactly(
            "StageNameCasing: Stage name 'A' should be lowercase (line 1)",
            "MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      commentCharacter = ';',
      textBlock =
          """
          # check=skip=all~FROM a AS B~CMD x | 0
          # check=skip=StageNameCasing~FROM a AS B~CMD x | 1
          # CHECK = skip=StageNameCasing,JSONArgsRecommended  for once~FROM a AS B~CMD x | 0
          # check=skip=StageNameCasing;error=false~FROM a AS B~CMD x | 1
          # check=skip=StageNameCasing~FROM a AS B~# check=skip=all // on purpose~CMD x | 0
          # check=skip=StageNameCasing~FROM a AS B~# check=skip=all~RUN x~CMD x | 1
          # check=skip=StageNameCasing~FROM a AS B~# check=nonsense~CMD x | 1
          # escape=\\~# check=skip=all~FROM a AS B~CMD x | 0
          """)
  @Feature(
      value = {"# check=skip=", "# check= at an instruction"},
      area = Area.LINT)
  void checksChooseTheRules(String dockerfile, int warnings) throws Exception {
    FileBridge bridge = new FileBridge(dockerfile.replace('~', '\n'));

    bridge.solve(Map.of());

    assertThat(bridge.warnings).hasSize(warnings);
  }

  @Test
  @Feature(value = "# check=error=true", area = Area.LINT)
  void failsWhereThatWasAskedFor() {
    FileBridge bridge = new FileBridge("# check=error=true\nFROM a AS B\nCMD x\nCMD y\n");

    assertThatThrownBy(() -> bridge.solve(Map.of()))
        .hasMessage(
            "lint violation found for rules: StageNameCasing, JSONArgsRecommended, MultipleInstructionsDisallowed");
    assertThat(bridge.warnings).hasSize(4);
  }

  @Test
  @Feature(value = "BUILDKIT_DOCKERFILE_CHECK", area = Area.LINT)
  void aBuildArgumentReplacesTheCheckOfTheFile() throws Exception {
    FileBridge bridge = new FileBridge("# check=error=true\nFROM a AS B\nCMD x\n");

    bridge.solve(Map.of("build-arg:BUILDKIT_DOCKERFILE_CHECK", "skip=StageNameCasing"));

    assertThat(bridge.warnings).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          skip | failed to parse check options: invalid check option "skip"
          stop=all | failed to parse check options: invalid check option "stop"
          error=perhaps | failed to parse check options: failed to parse check option "error=perhaps": strconv.ParseBool: parsing "perhaps": invalid syntax
          """)
  void refusesWhatIsNoCheck(String check, String message) {
    assertThatThrownBy(() -> new FileBridge("# check=" + check + "\nFROM a\n").solve(Map.of()))
        .hasMessage(message);
  }
}
