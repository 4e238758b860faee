package dev.slipway.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares the platforms that a build was asked for with those of its result. */
final class RequestedPlatforms {
  private static final String PLATFORMS = "refs.platforms";
  private static final String CONFIG = "containerimage.config";

  private RequestedPlatforms() {}

  /**
   * Returns what a person should be told; empty when the result is what was asked for.
   *
   * @param options of the build, {@code platform} among them
   * @param usual what a build is for that asks for none
   * @throws SlipwayException INVALID when nobody can tell what the results are for
   */
  static Optional<String> complaint(
      Map<String, String> options, FrontendResult result, Platform usual) throws SlipwayException {
    byte[] told = result.metadata().get(PLATFORMS);
    boolean several = !result.byPlatform().isEmpty();
    if (told == null && several) {
      throw new SlipwayException(
          ErrorKind.INVALID, "build result contains multiple refs without platforms mapping");
    }
    if (told == null) {
      checkConfig(result.metadata().get(CONFIG));
    }
    if (told == null && result.single().isEmpty()) {
      return Optional.empty();
    }
    List<String> texts = List.of(options.getOrDefault("platform", usual.id()).split(","));
    TreeSet<String> requested = new TreeSet<>();
    for (String text : texts) {
      String id;
      try {
        id = Platform.parse(text).id();
      } catch (IllegalArgumentException e) {
        return Optional.of("Invalid platform result requested \"" + text + "\": " + e.getMessage());
      }
      if (!requested.add(id)) {
        return Optional.of("Duplicate platform result requested \"" + text + "\"");
      }
    }
    List<Platform> made = told == null ? List.of(usual) : platforms(told);
    if (requested.size() == 1 && made.size() == 1) {
      Platform one = made.getFirst();
      Platform plain = new Platform(one.os(), one.architecture(), one.variant(), "");
      return requested.contains(one.id()) || requested.contains(plain.id())
          ? Optional.empty()
          : Optional.of(
              "Requested platform \""
                  + texts.getFirst()
                  + "\" does not match result platform \""
                  + one.id()
                  + "\"");
    }
    if (!several && requested.size() > 1) {
      return Optional.of("Multiple platforms requested but result is not multi-platform");
    }
    List<String> ids = made.stream().map(Platform::id).toList();
    return ids.size() == requested.size() && requested.containsAll(ids)
        ? Optional.empty()
        : Optional.of(
            "Requested platforms "
                + list(requested)
                + " do not match result platforms "
                + list(ids));
  }

  private static String list(Collection<String> ids) {
    return ids.stream().sorted().collect(Collectors.joining(","));
  }

  /** A result that does not say what it is for is for what its configuration says. */
  private static void checkConfig(byte @Nullable [] config) throws SlipwayException {
    if (config == null || config.length == 0) {
      return;
    }
    JsonNode said = OciJson.tree(config);
    if (said.path("os").asText("").isEmpty() != said.path("architecture").asText("").isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "invalid image config: os and architecture must be specified together");
    }
  }

  private static List<Platform> platforms(byte[] json) throws SlipwayException {
    List<Platform> platforms = new ArrayList<>();
    JsonNode index = json.length == 0 ? NullNode.getInstance() : OciJson.tree(json);
    for (JsonNode item : index.path("Platforms")) {
      if (item.path("ID").asText("").isEmpty()) {
        throw new SlipwayException(ErrorKind.INVALID, "invalid empty platform key for exporter");
      }
      JsonNode platform = item.path("Platform");
      try {
        platforms.add(
            new Platform(
                platform.path("os").asText(""),
                platform.path("architecture").asText(""),
                platform.path("variant").asText(""),
                platform.path("os.version").asText("")));
      } catch (IllegalArgumentException e) {
        throw new SlipwayException(
            ErrorKind.INVALID, "invalid platform value for exporter: " + e.getMessage(), e);
      }
    }
    if (platforms.isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid empty platforms index for exporter");
    }
    return platforms;
  }
}
