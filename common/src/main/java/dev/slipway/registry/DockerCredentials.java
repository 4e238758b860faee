package dev.slipway.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials in Docker's {@code config.json}, its {@code auths} only; credential helpers are
 * programs of a person's desktop and are not run. Read at each use, so that the file may be
 * renewed. @ThreadSafe
 */
public final class DockerCredentials implements Authenticator {
  private static final Logger LOG = LoggerFactory.getLogger(DockerCredentials.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Where docker login writes what it learned for Docker Hub. */
  private static final String DOCKER_HUB = "https://index.docker.io/v1/";

  private final Path file;

  public DockerCredentials(Path file) {
    this.file = file;
  }

  /** Those of this process's user: {@code $DOCKER_CONFIG}, else {@code ~/.docker}. */
  public static DockerCredentials ofUser() {
    String folder = System.getenv("DOCKER_CONFIG");
    Path directory =
        folder != null && !folder.isBlank()
            ? Path.of(folder)
            : Path.of(System.getProperty("user.home"), ".docker");
    return new DockerCredentials(directory.resolve("config.json"));
  }

  @Override
  public Optional<Credentials> credentials(String host) {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try {
      JsonNode all = JSON.readTree(Files.readString(file)).path("auths");
      for (String name : new String[] {host, "https://" + host, "https://" + host + "/v1/"}) {
        if (all.has(name)) {
          return read(all.get(name));
        }
      }
      return host.equals("docker.io") && all.has(DOCKER_HUB)
          ? read(all.get(DOCKER_HUB))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      // The message may quote the file.
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("error", e.getClass().getSimpleName())
          .log("registry credentials could not be read; going on without");
      return Optional.empty();
    }
  }

  private static Optional<Credentials> read(JsonNode entry) {
    String identity = entry.path("identitytoken").asText("");
    if (!identity.isEmpty()) {
      return Optional.of(new Credentials("", identity));
    }
    String pair =
        new String(
            Base64.getDecoder().decode(entry.path("auth").asText("")), StandardCharsets.UTF_8);
    int colon = pair.indexOf(':');
    return colon <= 0
        ? Optional.empty()
        : Optional.of(new Credentials(pair.substring(0, colon), pair.substring(colon + 1)));
  }

  @Override
  public Optional<Token> fetchToken(TokenRequest request) {
    return Optional.empty();
  }
}
