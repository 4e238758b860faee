package dev.slipway.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.ImageConfig.History;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Completes an image's configuration with what only the exporter knows: layers, history, times. */
final class ConfigAssembly {
  private static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private ConfigAssembly() {}

  /**
   * Returns the configuration's final bytes: compact, top-level keys sorted.
   *
   * @param given the frontend's configuration; empty = none
   * @param platform used when there is none
   * @param layerTimes when each layer was made
   * @param times what bounds them
   */
  static byte[] assemble(
      Optional<byte[]> given,
      Platform platform,
      List<Digest> diffIds,
      List<Instant> layerTimes,
      Times times)
      throws SlipwayException {
    ObjectNode config = given.isPresent() ? read(given.get()) : defaultConfig(platform);
    List<History> history =
        ImageHistory.normalise(new ImageConfig(config).history(), layerTimes, times);
    ObjectNode rootfs = config.putObject("rootfs").put("type", "layers");
    ArrayNode ids = rootfs.putArray("diff_ids");
    diffIds.forEach(diffId -> ids.add(diffId.value()));
    if (history.isEmpty()) {
      config.remove("history");
    } else {
      config.set("history", OciJson.toTree(history));
    }
    setCreated(config, history, times.epoch());
    Map<String, JsonNode> sorted = new TreeMap<>();
    config.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
    return OciJson.compact(sorted);
  }

  private static ObjectNode read(byte[] bytes) throws SlipwayException {
    JsonNode tree = OciJson.tree(bytes);
    if (tree.isNull()) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid null image config for export");
    }
    if (!(tree instanceof ObjectNode config)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "invalid image config for export: it is not an object");
    }
    for (String required : List.of("os", "architecture")) {
      if (config.path(required).asText("").isEmpty()) {
        throw new SlipwayException(
            ErrorKind.INVALID, "invalid image config for export: missing " + required);
      }
    }
    return config;
  }

  private static ObjectNode defaultConfig(Platform platform) {
    ObjectNode config =
        JsonNodeFactory.instance
            .objectNode()
            .put("architecture", platform.architecture())
            .put("os", platform.os());
    if (!platform.variant().isEmpty()) {
      config.put("variant", platform.variant());
    }
    config.putObject("config").put("WorkingDir", "/").putArray("Env").add(DEFAULT_PATH);
    return config;
  }

  private static void setCreated(
      ObjectNode config, List<History> history, Optional<Instant> epoch) {
    String created = config.path("created").asText("");
    if (created.isEmpty() && !history.isEmpty()) {
      created = history.getLast().created();
    }
    if (epoch.isPresent() && ImageHistory.isAfter(created, epoch.get())) {
      created = epoch.get().toString();
    }
    if (created.isEmpty()) {
      config.remove("created");
    } else {
      config.put("created", created);
    }
  }

  /**
   * What bounds an image's times.
   *
   * @param epoch that nothing is later than; empty = none
   * @param base configuration of the image that this one builds on, whose history stays as it is
   */
  record Times(Optional<Instant> epoch, Optional<ImageConfig> base) {}
}
