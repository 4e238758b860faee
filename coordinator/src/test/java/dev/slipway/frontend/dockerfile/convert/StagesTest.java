package dev.slipway.frontend.dockerfile.convert;

import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.config;
import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.names;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.frontend.SourceError;
import dev.slipway.oci.Platform;
import org.junit.jupiter.api.Test;

class StagesTest {
  private static final String ALPINE =
      "docker.io/library/alpine:latest@"
          + DockerfileFixture.digest("docker.io/library/alpine:latest");
  private static final String CROSS =
      """
      ARG VERSION=1
      FROM --platform=$BUILDPLATFORM golang:$VERSION AS build
      ARG TARGETARCH
      WORKDIR /src
      COPY go.mod main.go ./
      RUN go build -o /out
      FROM alpine AS unused
      RUN false
      FROM alpine
      COPY --from=build /out /bin/app
      ENTRYPOINT ["/bin/app"]
      """;

  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  @Feature("FROM --platform")
  void makesTheGraphOfAMultiStageMultiPlatformFile() throws Exception {
    Converted converted = fixture.multiPlatform(Platform.LINUX_ARM64).convert(CROSS);

    String golang =
        "docker.io/library/golang:1@" + DockerfileFixture.digest("docker.io/library/golang:1");
    assertThat(GraphText.of(converted.definition()))
        .isEqualTo(
            """
            0: [linux/amd64 build 1/4] FROM GOLANG
               platform linux/amd64
               docker-image://GOLANG {}
               line 2
            1: [linux/amd64->arm64 build 2/4] WORKDIR /src
               input 0
               0,-1 -> 0 mkdir /src
               line 4
            2: [internal] load build context
               local://context {local.excludepatterns=["*.tmp"], local.followpaths=["go.mod","main.go"], local.session=session, local.sharedkeyhint=context}
            3: [linux/amd64->arm64 build 3/4] COPY go.mod main.go ./
               input 1
               input 2
               0,1 -> -1 copy /go.mod /src/
               2,1 -> 0 copy /main.go /src/
               line 5
            4: [linux/amd64->arm64 build 4/4] RUN go build -o /out
               platform linux/amd64
               input 3
               exec [/bin/sh, -c, go build -o /out] env [PATH=/bin, TARGETARCH=arm64] in /src as ''
               mount 0 at / output 0
               line 6
            5: [linux/arm64 stage-2 1/2] FROM ALPINE
               platform linux/arm64
               docker-image://ALPINE {}
               line 9
            6: [linux/arm64 stage-2 2/2] COPY --from=build /out /bin/app
               input 5
               input 4
               0,1 -> 0 copy /out /bin/app
               line 10
            """
                .replace("GOLANG", golang)
                .replace("ALPINE", ALPINE));
    assertThat(config(converted).architecture()).isEqualTo("arm64");
    assertThat(converted.platform()).isEqualTo(Platform.LINUX_ARM64);
  }

  @Test
  void makesTheSameGraphEveryTime() throws Exception {
    assertThat(fixture.convert(CROSS).definition().vertices().keySet())
        .containsExactlyElementsOf(
            new DockerfileFixture().convert(CROSS).definition().vertices().keySet());
  }

  @Test
  void leavesOutTheNameOfAnOnlyStage() throws Exception {
    assertThat(names(fixture.convert("FROM alpine\nRUN a\n").definition()))
        .containsExactly("[1/2] FROM " + ALPINE, "[2/2] RUN a");
  }

  @Test
  void padsNumbersOfLongStages() throws Exception {
    assertThat(names(fixture.convert("FROM alpine\n" + "RUN a\n".repeat(9)).definition()))
        .contains("[ 9/10] RUN a", "[10/10] RUN a");
  }

  @Test
  void continuesAnEarlierStageWithItsArguments() throws Exception {
    Converted converted =
        fixture.convert("FROM alpine AS base\nARG A=1\nENV B=2\nWORKDIR /w\nFROM base\nRUN a\n");

    assertThat(names(converted.definition()))
        .containsExactly(
            "[base 1/2] FROM " + ALPINE, "[base 2/2] WORKDIR /w", "[stage-1 1/1] RUN a");
    assertThat(DockerfileFixture.run(converted).meta().environment())
        .containsExactly("PATH=/bin", "A=1", "B=2");
    assertThat(DockerfileFixture.run(converted).meta().workingDirectory()).isEqualTo("/w");
  }

  @Test
  void buildsTheTargetByName() throws Exception {
    String file = "FROM alpine AS one\nRUN 1\nFROM alpine AS two\nRUN 2\n";

    assertThat(names(new DockerfileFixture().target("ONE").convert(file).definition()))
        .contains("[one 2/2] RUN 1");
    assertThatThrownBy(() -> new DockerfileFixture().target("on").convert(file))
        .hasMessage("target stage \"on\" could not be found (did you mean one?)");
  }

  @Test
  void refusesFilesOfStagesThatFollow() {
    assertError(
        "FROM scratch AS one\nCOPY --from=two /a /\nFROM alpine AS two\nFROM one\nCOPY --from=two / /\n",
        2,
        "cannot copy from stage \"two\", it needs to be defined before current stage \"one\"");
    assertError(
        "FROM alpine AS one\nRUN --mount=from=two,target=/t x\nFROM alpine AS two\nFROM one\n",
        2,
        "cannot mount from stage \"two\" to \"/t\", stage needs to be defined before current command");
  }

  @Test
  @Feature("COPY --from of an image")
  void copiesFromImages() throws Exception {
    assertThat(names(fixture.convert("FROM scratch\nCOPY --from=alpine /a /\n").definition()))
        .containsExactly("FROM " + ALPINE, "[stage-0 1/1] COPY --from=alpine /a /");
  }

  @Test
  void givesScratchForAnEmptyStage() throws Exception {
    assertThat(fixture.convert("FROM scratch\nLABEL a=b\n").definition().result()).isEmpty();
  }

  @Test
  @Feature("ONBUILD")
  void firesTriggersOfImagesAndStagesOnce() throws Exception {
    fixture.image(
        "docker.io/library/onbuild:latest",
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:1\"]},\"config\":{\"OnBuild\":[\"RUN from image\",\"COPY --from=other /a /b\"]}}");

    Converted converted =
        fixture.convert(
            "FROM alpine AS other\nFROM onbuild AS mid\nONBUILD RUN from stage\nFROM mid AS child\nFROM child\n");

    assertThat(
            names(converted.definition()).stream().filter(name -> !name.contains("FROM")).toList())
        .containsExactly(
            "[mid 2/3] ONBUILD RUN from image",
            "[mid 3/3] ONBUILD COPY --from=other /a /b",
            "[child 1/1] ONBUILD RUN from stage");
    assertThat(config(converted).json().path("config").has("OnBuild")).isFalse();
  }

  @Test
  void countsTheTriggersThatAnImageBrings() {
    String triggers = "\"RUN a\",".repeat(20_001);
    fixture.image(
        "docker.io/library/onbuild:latest",
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:1\"]},\"config\":{\"OnBuild\":[%s]}}"
            .formatted(triggers.substring(0, triggers.length() - 1)));

    assertError("FROM alpine AS a\nFROM onbuild\n", 2, "more than 20000 instructions");
  }

  @Test
  void weighsTheEnvironmentThatAnImageGivesToEveryStep() {
    fixture.image(
        "docker.io/library/big:latest",
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:1\"]},\"config\":{\"Env\":[\"A=%s\"]}}"
            .formatted("a".repeat(1 << 20)));

    assertError(
        "FROM big\n"
            + java.util.stream.IntStream.range(0, 40)
                .mapToObj(i -> "RUN " + i + "\n")
                .collect(java.util.stream.Collectors.joining()),
        32,
        "larger than 32 MiB");
  }

  @Test
  void takesThePlatformOfAnImageWhenNobodyAskedForOne() throws Exception {
    fixture
        .implicitPlatform()
        .image(
            "docker.io/library/arm:latest",
            "{\"architecture\":\"arm64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:1\"]},\"config\":{}}");

    Converted converted = fixture.convert("FROM arm\nRUN x\n");

    assertThat(DockerfileFixture.result(converted).platform()).contains(Platform.LINUX_ARM64);
    assertThat(config(converted).architecture()).isEqualTo("arm64");
    assertThat(converted.platform()).isEqualTo(Platform.LINUX_AMD64);
  }

  @Test
  void saysThatTheImageIsForThePlatformThatWasAskedFor() throws Exception {
    Converted converted =
        fixture
            .multiPlatform(new Platform("linux", "arm", "v6", "7.1"))
            .convert("FROM --platform=linux/amd64 alpine\nRUN x\n");

    assertThat(config(converted).architecture()).isEqualTo("arm");
    assertThat(config(converted).json().path("variant").asText()).isEqualTo("v6");
    assertThat(config(converted).json().path("os.version").asText()).isEqualTo("7.1");
  }

  @Test
  void showsNoOtherPlatformWhereOnlyTheVariantIsNotNamed() throws Exception {
    Converted converted =
        fixture
            .multiPlatform(new Platform("linux", "arm", "v6", ""))
            .convert("FROM scratch\nARG TARGETARCH\nCOPY a /\n");

    assertThat(DockerfileFixture.result(converted).name()).isEqualTo("[linux/arm/v6 1/1] COPY a /");
  }

  @Test
  void countsTriggersThatMakeNoStep() throws Exception {
    assertThat(
            DockerfileFixture.result(
                    fixture.convert("FROM alpine AS a\nONBUILD ARG B=1\nONBUILD RUN x\nFROM a\n"))
                .name())
        .isEqualTo("[stage-1 1/2] ONBUILD RUN x");
  }

  @Test
  void takesANameInUpperCaseForAnImagesInFromOnly() throws Exception {
    assertError("FROM alpine AS base\nFROM Base\n", 2, "failed to parse stage name \"Base\"");
    assertThat(
            names(
                fixture
                    .convert("FROM alpine AS base\nFROM scratch\nCOPY --from=BASE /a /\n")
                    .definition()))
        .contains("[stage-1 1/1] COPY --from=BASE /a /");
  }

  @Test
  void takesAnImageWithoutLayersForScratch() throws Exception {
    fixture.image(
        "docker.io/library/empty:latest",
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"A=1\"]}}");

    Converted converted = fixture.convert("FROM empty\nCOPY a /\n");

    assertThat(names(converted.definition()))
        .containsExactly("[internal] load build context", "[1/2] COPY a /");
  }

  @Test
  void saysWhichLineOfAStageIsWrong() {
    assertError(
        "FROM alpine AS a\nCOPY --from=a /x /y", 2, "circular dependency detected on stage: a");
    assertError(
        "FROM alpine AS a\nCOPY --from=b /x /y\nFROM a AS b\nCOPY --from=b / /",
        4,
        "circular dependency detected on stage: a");
    assertError("FROM alpine\nCOPY --from=1 /x /y", 2, "invalid stage index 1");
    assertError("FROM $NOTHING", 1, "base name ($NOTHING) should not be blank");
    assertError(
        "FROM UPPER:x:y", 1, "failed to parse stage name \"UPPER:x:y\": invalid reference format");
    assertError("FROM --platform=a/b/c/d alpine", 1, "failed to parse platform a/b/c/d");
    assertError("FROM scratch\nENV A=${B:?needed}", 2, "B: needed");
  }

  @Test
  @Feature(value = "no-cache", note = "For all stages or those named.", area = Area.CONTEXT)
  void ignoresTheCacheWhereAsked() throws Exception {
    String file = "FROM alpine AS a\nRUN 1\nFROM a AS b\nRUN 2\n";

    assertThat(
            new DockerfileFixture()
                .noCache("b").convert(file).definition().vertices().values().stream()
                    .filter(vertex -> vertex.metadata().ignoreCache())
                    .map(dev.slipway.graph.Vertex::name))
        .containsExactly("[b 1/1] RUN 2");
    assertThat(
            DockerfileFixture.result(new DockerfileFixture().noCache().convert(file))
                .metadata()
                .ignoreCache())
        .isTrue();
  }

  private void assertError(String dockerfile, int line, String message) {
    assertThatThrownBy(() -> fixture.convert(dockerfile))
        .isInstanceOfSatisfying(
            SourceError.class, e -> assertThat(e.ranges().getFirst().startLine()).isEqualTo(line))
        .hasMessageContaining(message);
  }
}
