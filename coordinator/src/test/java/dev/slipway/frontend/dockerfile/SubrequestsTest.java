package dev.slipway.frontend.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.compatibility.Refused;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.NotOffered;
import dev.slipway.oci.OciJson;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SubrequestsTest {
  private static FrontendResult ask(String question, String dockerfile, String... options)
      throws Exception {
    Map<String, String> all = new HashMap<>(Map.of("requestid", question));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    FrontendResult result = new FileBridge(dockerfile).solve(all);
    assertThat(result.single()).isEmpty();
    assertThat(result.byPlatform()).isEmpty();
    return result;
  }

  private static String text(FrontendResult result, String key) {
    return new String(result.metadata().get(key), StandardCharsets.UTF_8);
  }

  private static JsonNode json(FrontendResult result) throws Exception {
    return OciJson.tree(result.metadata().get("result.json"));
  }

  @Test
  @Feature(value = "--call=targets", area = Area.LINT)
  void listsTargets() throws Exception {
    String dockerfile =
        """
        # build compiles
        FROM --platform=$BUILDPLATFORM Alpine AS Build
        RUN x

        # binary is what you want
        FROM build AS binary
        """
            .replace("Alpine", "alpine");

    FrontendResult result = ask("frontend.targets", dockerfile);

    assertThat(text(result, "result.json"))
        .isEqualTo(
            """
            {
              "targets": [
                {
                  "name": "build",
                  "description": "compiles",
                  "base": "alpine",
                  "platform": "$BUILDPLATFORM",
                  "location": {
                    "ranges": [
                      {
                        "start": {
                          "line": 2
                        },
                        "end": {
                          "line": 2
                        }
                      }
                    ]
                  }
                },
                {
                  "name": "binary",
                  "default": true,
                  "description": "is what you want",
                  "base": "build",
                  "location": {
                    "ranges": [
                      {
                        "start": {
                          "line": 6
                        },
                        "end": {
                          "line": 6
                        }
                      }
                    ]
                  }
                }
              ],
              "sources": [
                "%s"
              ]
            }\
            """
                .formatted(
                    Base64.getEncoder()
                        .encodeToString(dockerfile.getBytes(StandardCharsets.UTF_8))));
    assertThat(text(result, "result.txt"))
        .isEqualTo(
            """
            TARGET           DESCRIPTION
            build            compiles
            binary (default) is what you want
            """);
    assertThat(text(result, "version")).isEqualTo("1.0.0");
  }

  @Test
  @Feature(value = "--call=outline", area = Area.LINT)
  void outlinesWhatATargetTakes() throws Exception {
    FrontendResult result =
        ask(
            "frontend.outline",
            """
            ARG inherited=box
            ARG unused=abc
            # sfx is a suffix
            ARG sfx="usy${inherited}"

            FROM b${sfx} AS first
            ARG BAR=456
            RUN x

            FROM alpine${unused} AS second
            ARG BAZ

            # target is built
            FROM scratch AS target
            COPY --from=first /x /
            """,
            "target",
            "target",
            "build-arg:BAR",
            "678");

    assertThat(text(result, "result.txt"))
        .isEqualTo(
            """
            TARGET:      target
            DESCRIPTION: is built

            BUILD ARG   VALUE    DESCRIPTION
            inherited   box\s\s\s\s\s\s
            sfx         usybox   is a suffix
            BAR         678\s\s\s\s\s\s

            """);
    assertThat(json(result).at("/args/1/location/ranges/0/start/line").asInt()).isEqualTo(4);
    assertThat(json(result).has("secrets")).isFalse();
  }

  @Test
  void argumentsThatAreMadeOfEachOtherHaveTheirValuesInOrder() throws Exception {
    FrontendResult result =
        ask(
            "frontend.outline",
            """
            ARG FOO=123
            ARG ABC=abc
            ARG DEF=def
            ARG FOO=${FOO}${ABC}
            ARG BAR=${FOO}456
            ARG FOO=${FOO}456${BAR}
            FROM scratch
            ARG FOO
            ARG INFOO=123
            ARG INFOO=${INFOO}456
            """);

    assertThat(json(result).get("args"))
        .extracting(each -> each.get("name").asText() + "=" + each.get("value").asText())
        .containsExactly("ABC=abc", "BAR=123abc456", "FOO=123abc456123abc456", "INFOO=123456");
  }

  @Test
  @Feature(value = "--call=check", area = Area.LINT)
  void checksAllStages() throws Exception {
    FrontendResult result =
        ask(
            "frontend.lint",
            "FROM scratch AS one\nCOPY $x /\n\nFROM scratch\nCOPY a /\n",
            "platform",
            "linux/arm64,linux/amd64");

    assertThat(text(result, "result.txt"))
        .isEqualTo(
            """

            WARNING: UndefinedVar - https://docs.docker.com/go/dockerfile/rule/undefined-var/
            Usage of undefined variable '$x'
            Dockerfile:2
            --------------------
               1 |     FROM scratch AS one
               2 | >>> COPY $x /
               3 |    \s
               4 |     FROM scratch
            --------------------
            """);
    assertThat(text(result, "result.statuscode")).isEqualTo("1");
    JsonNode warning = json(result).at("/warnings/0");
    assertThat(warning.get("ruleName").asText()).isEqualTo("UndefinedVar");
    assertThat(warning.get("detail").asText()).isEqualTo("Usage of undefined variable '$x'");
    assertThat(warning.at("/location/ranges/0/start/line").asInt()).isEqualTo(2);
    assertThat(json(result).at("/sources/0/filename").asText()).isEqualTo("Dockerfile");
    assertThat(json(result).has("buildError")).isFalse();
  }

  @Test
  void aCleanFileHasNoWarnings() throws Exception {
    FrontendResult result = ask("frontend.lint", "FROM scratch\nCOPY a /\n");

    assertThat(text(result, "result.statuscode")).isEqualTo("0");
    assertThat(text(result, "result.txt")).isEmpty();
    assertThat(json(result).get("warnings").isNull()).isTrue();
  }

  @Test
  void whatWouldFailTheBuildIsPartOfTheCheck() throws Exception {
    FrontendResult result =
        ask("frontend.lint", "FROM scratch as a\nCOPY a /\nCOPY --from=a x ${y\n");

    assertThat(text(result, "result.statuscode")).isEqualTo("1");
    assertThat(json(result).at("/warnings/0/ruleName").asText()).isEqualTo("FromAsCasing");
    assertThat(json(result).at("/buildError/message").asText()).isNotEmpty();
    assertThat(json(result).at("/buildError/location/ranges/0/start/line").asInt()).isPositive();
  }

  @Test
  @Feature(value = "--call=subrequests.describe", area = Area.LINT)
  void describesItself() throws Exception {
    FrontendResult result = ask("frontend.subrequests.describe", "FROM scratch\n");

    assertThat(text(result, "result.txt"))
        .isEqualTo(
            """
            NAME                 VERSION DESCRIPTION
            outline              1.0.0   List all parameters current build target supports
            targets              1.0.0   List all targets current build supports
            subrequests.describe 1.0.0   List available subrequest types
            """);
    assertThat(json(result).at("/0/opts/0/name").asText()).isEqualTo("target");
    assertThat(json(result).at("/2/metadata/0/name").asText()).isEqualTo("result.json");
  }

  @Test
  @Feature(value = "frontend.convertllb", area = Area.LINT)
  void convertsToAGraph() throws Exception {
    FrontendResult result = ask("frontend.convertllb", "FROM alpine\nRUN true\n");

    JsonNode json = json(result);
    List<JsonNode> operations = json.get("def").valueStream().toList();
    assertThat(operations).hasSize(3);
    assertThat(operations)
        .anySatisfy(op -> assertThat(op.at("/exec/meta/args/2").asText()).isEqualTo("true"))
        .anySatisfy(op ->
            assertThat(op.at("/source/identifier").asText())
                .startsWith("docker-image://docker.io/library/alpine:latest@sha256:"));
    assertThat(json.get("metadata").valueStream())
        .anySatisfy(each ->
            assertThat(each.at("/description/llb.customname").asText())
                .isEqualTo("[2/2] RUN true"));
    assertThat(json.at("/source/infos/0/filename").asText()).isEqualTo("Dockerfile");
    assertThat(text(result, "version")).isEqualTo("0.1.0");
  }

  @Test
  @Refused(
      value = "requests that nobody knows",
      area = Area.LINT,
      why = "Clients learn it from the type of the error and do without.")
  void refusesQuestionsThatNobodyKnows() {
    assertThatThrownBy(() -> ask("frontend.nonsense", "FROM scratch\n"))
        .isInstanceOfSatisfying(
            NotOffered.class, e -> assertThat(e.name()).isEqualTo("frontend.nonsense"))
        .hasMessage("unsupported request frontend.nonsense");
  }

  @Test
  void refusesAbilitiesThatNobodyKnows() {
    assertThatThrownBy(() ->
            ask(
                "frontend.lint",
                "FROM scratch\n",
                "frontend.caps",
                "moby.buildkit.frontend.subrequests,moby.buildkit.frontend.other"))
        .isInstanceOfSatisfying(
            NotOffered.class, e -> assertThat(e.what()).isEqualTo(NotOffered.What.CAPABILITY))
        .hasMessage("unsupported frontend capability moby.buildkit.frontend.other");
  }
}
