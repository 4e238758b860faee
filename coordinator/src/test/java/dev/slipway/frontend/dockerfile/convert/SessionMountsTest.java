package dev.slipway.frontend.dockerfile.convert;

import static dev.slipway.frontend.dockerfile.convert.DockerfileFixture.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionMountsTest {
  private final DockerfileFixture fixture = new DockerfileFixture();

  @Test
  void givesASecretAsAFile() throws Exception {
    Op.Exec run =
        run(
            fixture.convert(
                "FROM a\nARG U=5\nRUN --mount=type=secret,id=d/token,required --mount=type=secret,target=/etc/key,uid=$U,mode=0440 x"));

    assertThat(run.mounts().subList(1, 3))
        .containsExactly(
            secret("/run/secrets/token", new Mount.Kind.Secret("d/token", 0, 0, 0400, false)),
            secret("/etc/key", new Mount.Kind.Secret("key", 5, 0, 0440, true)));
  }

  @Test
  void givesASecretAsAVariableAndAsBoth() throws Exception {
    Converted converted =
        fixture.convert(
            "FROM a\nRUN --mount=type=secret,id=a,env=A --mount=type=secret,id=b,env=B,target=/b,required echo $A");

    assertThat(run(converted).secretEnvironment())
        .isEqualTo(
            List.of(new SecretEnvironment("a", "A", true), new SecretEnvironment("b", "B", false)));
    assertThat(run(converted).mounts()).extracting(Mount::destination).containsExactly("/", "/b");
    assertThat(DockerfileFixture.result(converted).name()).endsWith("echo ****");
  }

  @Test
  void givesTheClientsAgent() throws Exception {
    Op.Exec run =
        run(
            fixture.convert(
                "FROM a\nRUN --mount=type=ssh --mount=type=ssh,id=other,required,gid=1 x"));

    assertThat(run.mounts().subList(1, 3))
        .containsExactly(
            secret("/run/buildkit/ssh_agent.0", new Mount.Kind.Ssh("default", 0, 0, 0600, true)),
            secret("/run/buildkit/ssh_agent.1", new Mount.Kind.Ssh("other", 0, 1, 0600, false)));
    assertThat(run.meta().environment()).contains("SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0");
    assertThatThrownBy(() -> fixture.convert("FROM a\nRUN --mount=type=ssh,source=/x y"))
        .hasMessage("ssh does not support source");
  }

  private static Mount secret(String destination, Mount.Kind kind) {
    return new Mount(-1, "", destination, -1, false, kind);
  }
}
