package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.compatibility.Refused;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a step gets of its client, and what it has to be allowed. */
@OnSharedFarm
class ClientNeedsE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();

  @Test
  @Feature(
      value = "RUN --mount=type=secret",
      note = "As a file, a variable, or both.",
      area = Area.DOCKERFILE)
  void aSecretReachesItsStepAndNothingElse() throws IOException {
    String value = UUID.randomUUID().toString();
    Path file = Files.writeString(Workplace.folder("secret").resolve("token"), value);
    BuildDirectory app =
        BuildDirectory.of(
            """
            FROM busybox
            RUN --mount=type=secret,id=token,uid=7,mode=0440 \
              test "$(stat -c '%u %a' /run/secrets/token)" = "7 440" && wc -c < /run/secrets/token
            RUN --mount=type=secret,id=token,env=TOKEN test ${#TOKEN} = 36 && echo has-variable
            RUN --mount=type=secret,id=absent ls /run/secrets 2>/dev/null; echo has-none
            RUN test ! -e /run/secrets && env > /environment
            """);

    String output =
        farm.buildx()
            .build(
                app.path(),
                "--secret",
                "id=token,src=" + file,
                "-t",
                registry.image("needs/secret:1"),
                "--push")
            .orThrow()
            .output();

    assertThat(output).contains("36", "has-variable", "has-none").doesNotContain(value);
    assertThat(PushedImage.read(registry, "needs/secret", "1", "amd64").text("environment"))
        .doesNotContain(value);
    assertThat(filesWith(value, farm.root())).isEmpty();
  }

  @Test
  @Feature(value = "RUN --mount=type=secret,required", area = Area.DOCKERFILE)
  void aRequiredSecretThatTheClientLacksEndsTheBuild() {
    Command.Result result =
        farm.buildx()
            .build(
                BuildDirectory.of("FROM busybox\nRUN --mount=type=secret,id=absent,required true\n")
                    .path());

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("secret absent: not found");
  }

  @Test
  @Feature(value = "RUN --mount=type=ssh", area = Area.DOCKERFILE)
  void aStepFindsTheSocketOfItsClientsAgent() throws IOException {
    Path socket = Workplace.folder("agent").resolve("s");
    BuildDirectory app =
        BuildDirectory.of(
            """
            FROM busybox
            RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo has-agent
            RUN --mount=type=ssh,id=other,required true
            """);
    try (ServerSocketChannel agent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      agent.bind(UnixDomainSocketAddress.of(socket));

      Command.Result result = farm.buildx().build(app.path(), "--ssh", "default=" + socket);

      assertThat(result.output()).contains("has-agent").contains("unset ssh forward key other");
    }
  }

  @Test
  @Refused(
      value = "RUN --network=host without the entitlement",
      why = "The farm's configuration and the build have to allow it.",
      area = Area.DOCKERFILE)
  void theHostsNetworkHasToBeAllowedByBuildAndFarm() {
    Path app = BuildDirectory.of("FROM busybox\nRUN --network=host true\n").path();

    assertThat(farm.buildx().build(app).output()).contains("network.host is not allowed");
    assertThat(farm.buildx().build(app, "--allow", "network.host").output())
        .contains("granting entitlement network.host is not allowed by build daemon configuration");
  }

  @Test
  @Refused(
      value = "RUN --security=insecure without the entitlement",
      why = "The farm's configuration and the build have to allow it.",
      area = Area.DOCKERFILE)
  void anInsecureStepHasToBeAllowedByBuildAndFarm() {
    Path app = BuildDirectory.of("FROM busybox\nRUN --security=insecure true\n").path();

    assertThat(farm.buildx().build(app).output()).contains("security.insecure is not allowed");
  }

  /** The names of the files below the folder that the text is in; what may not be read has none. */
  private static String filesWith(String text, Path folder) {
    return Command.run(Duration.ofSeconds(60), List.of("grep", "-rlsF", text, folder.toString()))
        .output();
  }
}
