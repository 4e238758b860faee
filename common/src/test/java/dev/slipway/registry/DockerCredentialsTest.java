package dev.slipway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerCredentialsTest {
  @TempDir private Path folder;

  private DockerCredentials credentials(String text) throws Exception {
    return new DockerCredentials(Files.writeString(folder.resolve("config.json"), text));
  }

  @Test
  void readsNameAndPasswordOfAHost() throws Exception {
    DockerCredentials credentials =
        credentials(
            """
            {"auths": {"registry.test:5000": {"auth": "dXNlcjpwYTpzcw=="},
                       "https://index.docker.io/v1/": {"auth": "aHViOnB3"}}}
            """);

    assertThat(credentials.credentials("registry.test:5000"))
        .contains(new Authenticator.Credentials("user", "pa:ss"));
    assertThat(credentials.credentials("docker.io"))
        .contains(new Authenticator.Credentials("hub", "pw"));
    assertThat(credentials.credentials("other.test")).isEmpty();
  }

  @Test
  void hasNoneWithoutAFileOrWithABrokenOne() throws Exception {
    assertThat(new DockerCredentials(folder.resolve("none")).credentials("registry.test"))
        .isEmpty();
    assertThat(credentials("{").credentials("registry.test")).isEmpty();
  }
}
