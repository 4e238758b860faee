package dev.slipway.frontend.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ImageConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the image of a frontend says of how it is run. */
record FrontendImage(
    List<String> entrypoint,
    List<String> environment,
    String workingDirectory,
    Map<String, String> labels) {
  private static final String CAPABILITIES = "moby.buildkit.frontend.caps";
  private static final String NO_NETWORK = "moby.buildkit.frontend.network.none";

  /** Where the program is in an image that does not say. */
  private static final List<String> DEFAULT_ENTRYPOINT = List.of("/run");

  static FrontendImage parse(byte[] config) throws SlipwayException {
    JsonNode process = ImageConfig.parse(config).json().path("config");
    List<String> entrypoint = strings(process.path("Entrypoint"));
    Map<String, String> labels = new HashMap<>();
    process
        .path("Labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    String directory = process.path("WorkingDir").asText("");
    return new FrontendImage(
        entrypoint.isEmpty() ? DEFAULT_ENTRYPOINT : entrypoint,
        strings(process.path("Env")),
        directory.isEmpty() ? "/" : directory,
        labels);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(item -> strings.add(item.asText()));
    return strings;
  }

  /** What the frontend says that it can. */
  Set<String> capabilities() {
    return names(labels.getOrDefault(CAPABILITIES, ""));
  }

  /** Names of a comma-separated list, each without what follows a plus. */
  static Set<String> names(String list) {
    Set<String> names = new HashSet<>();
    for (String item : list.split(",")) {
      String name = item.split("\\+", 2)[0];
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return names;
  }

  boolean needsNoNetwork() {
    return List.of("1", "t", "T", "TRUE", "true", "True")
        .contains(labels.getOrDefault(NO_NETWORK, ""));
  }
}
