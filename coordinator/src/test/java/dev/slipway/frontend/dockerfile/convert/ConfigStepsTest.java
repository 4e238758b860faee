package dev.slipway.frontend.dockerfile.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.compatibility.Feature;
import dev.slipway.graph.FileAction;
import dev.slipway.oci.ImageConfig;
import org.junit.jupiter.api.Test;

class ConfigStepsTest {
  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  void writesWhatTheInstructionsSay() throws Exception {
    JsonNode config =
        config(
            """
            FROM a
            ENV A=1 B="two words"
            ENV A=2 C=$A
            USER app:$A
            WORKDIR rel
            EXPOSE 80 90-91/udp 127.0.0.1:7000:7070
            VOLUME /v "$A"
            STOPSIGNAL SIGTERM
            LABEL l=$B
            HEALTHCHECK --interval=30s --retries=3 CMD test -f /x
            CMD run it
            """);

    assertThat(config.path("Env").toString())
        .isEqualTo("[\"PATH=/bin\",\"A=2\",\"B=two words\",\"C=1\"]");
    assertThat(config.path("User").asText()).isEqualTo("app:2");
    assertThat(config.path("WorkingDir").asText()).isEqualTo("/rel");
    assertThat(config.path("ExposedPorts").toString())
        .isEqualTo("{\"7070/tcp\":{},\"80/tcp\":{},\"90/udp\":{},\"91/udp\":{}}");
    assertThat(config.path("Volumes").toString()).isEqualTo("{\"/v\":{},\"2\":{}}");
    assertThat(config.path("StopSignal").asText()).isEqualTo("SIGTERM");
    assertThat(config.path("Labels").toString())
        .isEqualTo("{\"l\":\"two words\",\"added\":\"label\"}");
    assertThat(config.path("Healthcheck").toString())
        .isEqualTo(
            "{\"Test\":[\"CMD-SHELL\",\"test -f /x\"],\"Interval\":30000000000,\"Retries\":3}");
    assertThat(config.path("Cmd").toString()).isEqualTo("[\"/bin/sh\",\"-c\",\"run it\"]");
  }

  @Test
  void dropsTheBaseImagesCommandWithItsEntryPoint() throws Exception {
    assertThat(config("FROM a\nENTRYPOINT [\"x\"]").has("Cmd")).isFalse();
    assertThat(config("FROM a\nCMD [\"y\"]\nENTRYPOINT [\"x\"]").path("Cmd").toString())
        .isEqualTo("[\"y\"]");
    assertThat(config("FROM a\nLABEL x=y").path("Cmd").toString()).isEqualTo("[\"sh\"]");
  }

  @Test
  void startsScratchWithPathAndRoot() throws Exception {
    ImageConfig image = DockerfileFixture.config(fixture.convert("FROM scratch"));

    assertThat(image.json().toString())
        .isEqualTo(
            "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"WorkingDir\":\"/\",\"Env\":[\"PATH="
                + ImageSpecification.DEFAULT_PATH
                + "\"],\"Labels\":{\"added\":\"label\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}");
  }

  @Test
  void writesHistory() throws Exception {
    ImageConfig image =
        DockerfileFixture.config(
            fixture
                .buildArgument("SOURCE_DATE_EPOCH", "0")
                .convert(
                    "FROM scratch\nENV A=1\nWORKDIR /w\nCOPY x /y\nWORKDIR /\nENTRYPOINT a\nCMD [\"b\"]"));

    assertThat(image.history())
        .containsExactly(
            history("ENV A=1", true),
            history("WORKDIR /w", false),
            history("COPY x /y # buildkit", false),
            history("WORKDIR /", true),
            history("ENTRYPOINT [\"/bin/sh\" \"-c\" \"a\"]", true),
            history("CMD [\"b\"]", true));
  }

  @Test
  @Feature("history of the image")
  void writesHistoryInTheWordsOfBuildKit() throws Exception {
    ImageConfig image =
        DockerfileFixture.config(
            fixture
                .buildArgument("SOURCE_DATE_EPOCH", "0")
                .convert(
                    "FROM a\nMAINTAINER me\nWORKDIR /a/../b\nWORKDIR c\nEXPOSE 90 80-81/udp\nHEALTHCHECK --interval=1m30s --timeout=1500ms --retries=4 CMD x  y\nHEALTHCHECK NONE"));

    assertThat(image.history())
        .containsExactly(
            history("MAINTAINER me", true),
            history("WORKDIR /a/../b", false),
            history("WORKDIR /b/c", false),
            history("EXPOSE [80/udp 81/udp 90/tcp]", true),
            history(
                "HEALTHCHECK {Test:[CMD-SHELL x  y] Interval:1m30s Timeout:1.5s StartPeriod:0s StartInterval:0s Retries:4}",
                true),
            history(
                "HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}",
                true));
  }

  @Test
  void leavesOutAnEmptyCommand() throws Exception {
    assertThat(config("FROM a\nCMD []").has("Cmd")).isFalse();
    assertThat(config("FROM a\nENTRYPOINT []").has("Entrypoint")).isFalse();
  }

  @Test
  void marksArgumentsAsEscapedInBothForms() throws Exception {
    assertThat(config("FROM a\nCMD x").path("ArgsEscaped").asBoolean()).isTrue();
    assertThat(config("FROM a\nCMD [\"x\"]").path("ArgsEscaped").asBoolean()).isTrue();
    assertThat(config("FROM a").has("ArgsEscaped")).isFalse();
  }

  @Test
  void keepsAnAbsoluteWorkingDirectoryAsWritten() throws Exception {
    assertThat(config("FROM a\nWORKDIR /a//b/").path("WorkingDir").asText()).isEqualTo("/a//b/");
    assertThat(config("FROM a\nWORKDIR /a//b/\nWORKDIR ../c/").path("WorkingDir").asText())
        .isEqualTo("/a/c");
  }

  @Test
  void makesWorkingDirectoriesForTheUser() throws Exception {
    FileAction action =
        DockerfileFixture.file(fixture.convert("FROM a\nUSER app\nWORKDIR /a/./b/../c"))
            .actions()
            .getFirst();

    assertThat(action.change())
        .isEqualTo(
            new FileAction.Change.MakeDirectory(
                "/a/./b/../c",
                0755,
                true,
                java.util.Optional.of(
                    new FileAction.Owner(
                        java.util.Optional.of(new FileAction.Identity.ByName("app", 0)),
                        java.util.Optional.empty())),
                FileAction.NO_TIMESTAMP));
  }

  @Test
  void refusesWrongPortsAndSignals() {
    assertThatThrownBy(() -> config("FROM a\nEXPOSE 70000"))
        .hasMessageContaining("invalid containerPort: 70000");
    assertThatThrownBy(() -> config("FROM a\nEXPOSE 80/xyz"))
        .hasMessageContaining("invalid proto: xyz");
    assertThatThrownBy(() -> config("FROM a\nSTOPSIGNAL SIGFOO"))
        .hasMessageContaining("invalid signal: SIGFOO");
  }

  private static ImageConfig.History history(String createdBy, boolean empty) {
    return new ImageConfig.History(
        "1970-01-01T00:00:00Z", createdBy, "", "buildkit.dockerfile.v0", empty);
  }

  private JsonNode config(String dockerfile) throws Exception {
    return DockerfileFixture.config(fixture.convert(dockerfile)).json().path("config");
  }
}
