package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which frontend a request means. */
final class FrontendNames {
  static final String DOCKERFILE = "dockerfile.v0";

  static final String GATEWAY = "gateway.v0";

  /**
   * Images of Docker's own Dockerfile frontend: the built-in one stands in for all of their
   * versions.
   */
  private static final Pattern DOCKERFILE_IMAGE =
      Pattern.compile("(docker\\.io/)?docker/dockerfile(-upstream)?([:@].*)?");

  private FrontendNames() {}

  /**
   * Returns the image to run; empty when the built-in frontend answers, which does for every
   * version of Docker's own.
   *
   * @throws SlipwayException NOT_FOUND when there is no such frontend, INVALID when no image is
   *     named
   */
  static Optional<String> foreign(String frontend, Map<String, String> options)
      throws SlipwayException {
    if (frontend.equals(DOCKERFILE)) {
      return Optional.empty();
    }
    if (!frontend.equals(GATEWAY)) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "invalid frontend: " + frontend);
    }
    if (options.containsKey("gateway-devel")) {
      throw new SlipwayException(ErrorKind.INVALID, "development gateway is no longer supported");
    }
    String source = options.getOrDefault("source", "");
    if (source.isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, "no source specified for gateway");
    }
    return isBuiltIn(source) ? Optional.empty() : Optional.of(source);
  }

  /** Whether the built-in frontend stands in for the image. */
  static boolean isBuiltIn(String source) {
    return source.equals(DOCKERFILE) || DOCKERFILE_IMAGE.matcher(source).matches();
  }
}
