package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.Map;
import java.util.regex.Pattern;

/** Which frontend a request means. */
final class FrontendNames {
  static final String DOCKERFILE = "dockerfile.v0";

  private static final String GATEWAY = "gateway.v0";

  /**
   * Images of Docker's own Dockerfile frontend: the built-in one stands in for all of their
   * versions.
   */
  private static final Pattern DOCKERFILE_IMAGE =
      Pattern.compile("(docker\\.io/)?docker/dockerfile(-upstream)?([:@].*)?");

  private FrontendNames() {}

  /**
   * Returns when it is a Dockerfile that is asked for. @throws SlipwayException UNSUPPORTED when it
   * is anything else
   */
  static void requireDockerfile(String frontend, Map<String, String> options)
      throws SlipwayException {
    if (frontend.equals(DOCKERFILE)) {
      return;
    }
    if (!frontend.equals(GATEWAY)) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "invalid frontend: " + frontend);
    }
    String source = options.getOrDefault("source", "");
    if (source.isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, "no source specified for gateway");
    }
    if (!source.equals(DOCKERFILE) && !DOCKERFILE_IMAGE.matcher(source).matches()) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED,
          "frontend image "
              + source
              + " is not supported yet; docker/dockerfile is served by a built-in one");
    }
  }
}
