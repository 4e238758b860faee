package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import org.junit.jupiter.api.Test;

/** The Dockerfile language, through to the files and the config of the pushed image. */
@OnSharedFarm
class DockerfileE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();

  private PushedImage build(BuildDirectory app, String name, String... flags) {
    String[] all =
        java.util.stream.Stream.concat(
                java.util.Arrays.stream(flags),
                java.util.stream.Stream.of(
                    "-t", registry.image("language/" + name + ":1"), "--push"))
            .toArray(String[]::new);
    farm.buildx().build(app.path(), all).orThrow();
    return PushedImage.read(registry, "language/" + name, "1", "amd64");
  }

  @Test
  @Feature({
    "ARG",
    "ENV",
    "LABEL",
    "WORKDIR",
    "USER",
    "EXPOSE",
    "VOLUME",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "SHELL",
    "ENTRYPOINT",
    "CMD"
  })
  void writesTheConfigOfTheImage() {
    BuildDirectory app =
        BuildDirectory.of(
            """
            # syntax=docker/dockerfile:1
            ARG BASE=busybox
            FROM $BASE
            ARG WHO=nobody
            ENV GREETING="hello ${WHO:-x}" LIST=a:b
            LABEL org.example.who=$WHO
            WORKDIR /srv/app
            WORKDIR data
            USER www-data
            EXPOSE 8080/tcp
            VOLUME /var/data
            STOPSIGNAL SIGQUIT
            HEALTHCHECK --interval=5s CMD true
            SHELL ["/bin/sh", "-ec"]
            ENTRYPOINT ["/bin/echo"]
            CMD one "two three"
            """);

    JsonNode config =
        build(app, "config", "--build-arg", "WHO=world", "--label", "extra=yes")
            .config()
            .get("config");

    assertThat(config.get("Env").toString())
        .contains("GREETING=hello world")
        .contains("LIST=a:b")
        .contains("PATH=");
    assertThat(config.at("/Labels/org.example.who").asText()).isEqualTo("world");
    assertThat(config.at("/Labels/extra").asText()).isEqualTo("yes");
    assertThat(config.at("/WorkingDir").asText()).isEqualTo("/srv/app/data");
    assertThat(config.at("/User").asText()).isEqualTo("www-data");
    assertThat(config.at("/ExposedPorts").has("8080/tcp")).isTrue();
    assertThat(config.at("/Volumes").has("/var/data")).isTrue();
    assertThat(config.at("/StopSignal").asText()).isEqualTo("SIGQUIT");
    assertThat(config.at("/Healthcheck/Interval").asLong()).isEqualTo(5_000_000_000L);
    assertThat(config.at("/Entrypoint").toString()).isEqualTo("[\"/bin/echo\"]");
    assertThat(config.at("/Cmd").toString())
        .isEqualTo("[\"/bin/sh\",\"-ec\",\"one \\\"two three\\\"\"]");
  }

  @Test
  @Feature({
    "COPY --chown",
    "COPY --chmod",
    "COPY --from",
    "ADD of a local archive",
    "COPY <<heredoc",
    "RUN <<heredoc"
  })
  void copiesAndRunsAsTheDockerfileSays() {
    byte[] tar = new HostileImage().file("inner/file", "from the archive").tar();
    BuildDirectory app =
        BuildDirectory.of(
                """
                FROM busybox AS made
                RUN <<END
                mkdir -p /out/deep
                echo deep > /out/deep/file
                ln -s deep/file /out/link
                END

                FROM busybox
                COPY --chown=33:100 --chmod=0640 secret.txt /etc/secret.txt
                COPY src/*.txt /texts/
                COPY --from=made /out /made
                ADD archive.tar /unpacked
                COPY <<END /inline.txt
                inline $HOME
                END
                WORKDIR /work
                USER 33
                RUN id -u > /tmp/user && pwd > /tmp/folder
                USER root
                RUN rm /texts/b.txt
                """)
            .with("secret.txt", "s")
            .with("src/a.txt", "a")
            .with("src/b.txt", "b")
            .with("src/c.log", "c")
            .with("archive.tar", tar);

    PushedImage image = build(app, "files");

    assertThat(image.files().get("etc/secret.txt").header().getLongUserId()).isEqualTo(33);
    assertThat(image.files().get("etc/secret.txt").header().getLongGroupId()).isEqualTo(100);
    assertThat(image.files().get("etc/secret.txt").header().getMode() & 0777).isEqualTo(0640);
    assertThat(image.files())
        .containsKey("texts/a.txt")
        .doesNotContainKey("texts/b.txt")
        .doesNotContainKey("texts/c.log");
    assertThat(image.text("made/deep/file")).isEqualTo("deep\n");
    assertThat(image.files().get("made/link").header().getLinkName()).isEqualTo("deep/file");
    assertThat(image.text("unpacked/inner/file")).isEqualTo("from the archive");
    assertThat(image.text("inline.txt")).startsWith("inline ");
    assertThat(image.text("tmp/user")).isEqualTo("33\n");
    assertThat(image.text("tmp/folder")).isEqualTo("/work\n");
  }

  @Test
  @Feature(value = ".dockerignore", area = Area.CONTEXT)
  void leavesOutWhatDockerignoreNames() {
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nCOPY . /app\n")
            .with(".dockerignore", "*.log\n!keep.log\nsecret\n")
            .with("a.log", "x")
            .with("keep.log", "x")
            .with("secret/key", "x")
            .with("main.c", "x");

    PushedImage image = build(app, "ignore");

    assertThat(image.files())
        .containsKeys("app/main.c", "app/keep.log")
        .doesNotContainKeys("app/a.log", "app/secret", "app/secret/key");
  }

  @Test
  @Feature(value = "target", area = Area.CONTEXT)
  void buildsTheTargetOnly() {
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox AS one\nRUN echo one > /which\nFROM busybox AS two\nRUN exit 1\nFROM one AS three\nRUN echo three > /which\n");

    assertThat(build(app, "target", "--target", "one").text("which")).isEqualTo("one\n");
    assertThat(build(app, "last").text("which")).isEqualTo("three\n");
  }
}
