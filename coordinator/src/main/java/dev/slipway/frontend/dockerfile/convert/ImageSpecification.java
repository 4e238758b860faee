package dev.slipway.frontend.dockerfile.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An image configuration while a stage changes it; Docker's superset of OCI image-spec v1.1, image
 * configuration. Layers are not its business: the exporter fills them in. Confined to one
 * conversion.
 */
final class ImageSpecification {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** Windows knows its own PATH and its own shell. */
  private static final String WINDOWS = "windows";

  /** What a container that was committed left behind; says nothing about the new image. */
  private static final List<String> STALE =
      List.of("id", "parent", "created", "container", "container_config", "docker_version");

  private final ObjectNode document;

  private ImageSpecification(ObjectNode document) {
    this.document = document;
  }

  static ImageSpecification scratch(Platform platform) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("architecture", platform.architecture());
    document.put("os", platform.os());
    if (!platform.osVersion().isEmpty()) {
      document.put("os.version", platform.osVersion());
    }
    if (!platform.variant().isEmpty()) {
      document.put("variant", platform.variant());
    }
    ObjectNode config = document.putObject("config").put("WorkingDir", "/");
    if (!platform.os().equals(WINDOWS)) {
      config.putArray("Env").add("PATH=" + DEFAULT_PATH);
    }
    ImageSpecification image = new ImageSpecification(document);
    image.clearLayers();
    return image;
  }

  static ImageSpecification of(byte[] config) throws SlipwayException {
    ObjectNode document = ImageConfig.parse(config).json();
    STALE.forEach(document::remove);
    if (!document.path("config").isObject()) {
      document.putObject("config");
    }
    ImageSpecification image = new ImageSpecification(document);
    image.clearLayers();
    if (!image.isWindows() && !image.environment().containsKey("PATH")) {
      image.putEnvironment("PATH", DEFAULT_PATH);
    }
    return image;
  }

  /** The platform that a configuration names. */
  static Optional<Platform> platform(byte[] config) {
    try {
      return platform(ImageConfig.parse(config).json());
    } catch (SlipwayException _) {
      return Optional.empty(); // whoever uses the configuration says what is wrong with it
    }
  }

  private static Optional<Platform> platform(JsonNode document) {
    String os = document.path("os").asText("");
    String architecture = document.path("architecture").asText("");
    return os.isEmpty() || architecture.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Platform(
                os,
                architecture,
                document.path("variant").asText(""),
                document.path("os.version").asText("")));
  }

  /** Whether the image has no layers, which makes it scratch. */
  static boolean isEmpty(byte[] config) throws SlipwayException {
    ObjectNode document = ImageConfig.parse(config).json();
    if (!document.path("rootfs").path("diff_ids").isEmpty()) {
      return false;
    }
    for (JsonNode entry : document.path("history")) {
      if (!entry.path("empty_layer").asBoolean(false)) {
        return false;
      }
    }
    return true;
  }

  /** Says that the image is for a platform; what the platform leaves open stays as it is. */
  void target(Platform platform) {
    boolean same =
        document.path("os").asText("").equals(platform.os())
            && document.path("architecture").asText("").equals(platform.architecture());
    document.put("os", platform.os());
    document.put("architecture", platform.architecture());
    replace("variant", platform.variant(), same);
    replace("os.version", platform.osVersion(), same);
    normalize();
  }

  private void replace(String key, String value, boolean keepWhenEmpty) {
    if (!value.isEmpty()) {
      document.put(key, value);
    } else if (!keepWhenEmpty) {
      document.remove(key);
    }
  }

  /** Names the platform the usual way. */
  void normalize() {
    Optional<Platform> platform = platform(document);
    if (platform.isPresent()) {
      document.put("os", platform.get().os());
      document.put("architecture", platform.get().architecture());
      replace("variant", platform.get().variant(), false);
    }
  }

  boolean isWindows() {
    return document.path("os").asText("").equals(WINDOWS);
  }

  ImageSpecification copy() {
    return new ImageSpecification(document.deepCopy());
  }

  byte[] toJson() {
    return OciJson.compact(document);
  }

  private void clearLayers() {
    document.putObject("rootfs").put("type", "layers").putArray("diff_ids");
  }

  ObjectNode config() {
    return (ObjectNode) document.get("config");
  }

  String text(String key) {
    return config().path(key).asText("");
  }

  List<String> texts(String key) {
    List<String> values = new ArrayList<>();
    config().path(key).forEach(value -> values.add(value.asText()));
    return values;
  }

  /** Sets a list; an empty one goes, as Go's omitempty has it. */
  void putTexts(String key, List<String> values) {
    if (values.isEmpty()) {
      config().remove(key);
      return;
    }
    ArrayNode array = config().putArray(key);
    values.forEach(array::add);
  }

  /** A map of the configuration whose keys matter: Labels, ExposedPorts, Volumes. */
  ObjectNode map(String key) {
    JsonNode map = config().path(key);
    return map instanceof ObjectNode object ? object : config().putObject(key);
  }

  Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String entry : texts("Env")) {
      int equals = entry.indexOf('=');
      environment.put(
          equals < 0 ? entry : entry.substring(0, equals),
          equals < 0 ? "" : entry.substring(equals + 1));
    }
    return environment;
  }

  void putEnvironment(String name, String value) {
    Map<String, String> environment = environment();
    environment.put(name, value);
    putTexts(
        "Env",
        environment.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .toList());
  }

  void author(String name) {
    document.put("author", name);
  }

  void addHistory(String createdBy, boolean layer, OptionalLong epoch) {
    JsonNode history = document.path("history");
    ArrayNode entries = history instanceof ArrayNode array ? array : document.putArray("history");
    ObjectNode entry = entries.addObject();
    epoch.ifPresent(seconds -> entry.put("created", Instant.ofEpochSecond(seconds).toString()));
    entry.put("created_by", createdBy);
    entry.put("comment", "buildkit.dockerfile.v0");
    if (!layer) {
      entry.put("empty_layer", true);
    }
  }
}
