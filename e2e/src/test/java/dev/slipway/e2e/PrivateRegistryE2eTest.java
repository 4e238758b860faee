package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A registry that wants a user name and a password, which only the client has. */
@OnSharedFarm
class PrivateRegistryE2eTest {
  private static final String PASSWORD = "plough-the-field";

  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.closed();

  @Test
  @Feature(value = "credentials of registries", area = Area.SESSION)
  void pushesAndPullsWithTheClientsCredentialsAndKeepsThemFromTheWorkers() {
    Buildx client = new Buildx(farm.endpoint());
    client.login(registry.address(), "farmer", PASSWORD);
    BuildDirectory base = BuildDirectory.of("FROM busybox\nRUN echo kept > /kept\n");
    BuildDirectory app =
        BuildDirectory.of(
            "FROM %s\nRUN test \"$(cat /kept)\" = kept && echo seen > /seen\n"
                .formatted(registry.image("private/base:1")));

    client.build(base.path(), "-t", registry.image("private/base:1"), "--push").orThrow();
    client.build(app.path(), "-t", registry.image("private/app:1"), "--push").orThrow();

    assertThat(farm.logs()).doesNotContain(PASSWORD);
  }

  @Test
  void aPrivateBaseIsForThoseWhoMayPullItThoughWorkersHoldIt() throws IOException {
    Buildx client = new Buildx(farm.endpoint());
    client.login(registry.address(), "farmer", PASSWORD);
    String image = registry.image("private/secret:1");
    Path facts = Workplace.folder("metadata").resolve("facts.json");
    client
        .build(
            BuildDirectory.of("FROM busybox\nRUN echo confidential > /file\n").path(),
            "-t",
            image,
            "--push",
            "--metadata-file",
            facts.toString())
        .orThrow();
    Matcher digest =
        Pattern.compile("\"containerimage.digest\": \"(sha256:[0-9a-f]{64})\"")
            .matcher(Files.readString(facts));
    assertThat(digest.find()).isTrue();
    Path app =
        BuildDirectory.of("FROM %s@%s\nRUN cat /file\n".formatted(image, digest.group(1))).path();
    client.build(app).orThrow();

    Command.Result others = farm.buildx().build(app);

    assertThat(others.exitCode()).isNotZero();
    assertThat(others.output()).contains("pull access denied").doesNotContain("confidential");
  }

  @Test
  void saysThatAnonymousMayNotPush() {
    BuildDirectory app = BuildDirectory.of("FROM busybox\nRUN echo locked-out > /file\n");

    Command.Result result =
        farm.buildx().build(app.path(), "-t", registry.image("private/locked:1"), "--push");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output())
        .contains("failed to push " + registry.image("private/locked:1"))
        .contains("401");
  }
}
