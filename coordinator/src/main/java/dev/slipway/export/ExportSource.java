package dev.slipway.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import dev.slipway.solve.SolvedResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is exported.
 *
 * @param results one without a platform, or one for each
 * @param metadata of the results: {@code containerimage.config[/id]}, {@code refs.platforms}, …
 */
public record ExportSource(List<PlatformResult> results, Map<String, byte[]> metadata) {
  private static final String PLATFORMS = "refs.platforms";
  private static final String EPOCH = "source.date.epoch";

  public ExportSource {
    results = List.copyOf(results);
    metadata = Map.copyOf(metadata);
  }

  /**
   * A platform's part.
   *
   * @param id names it in metadata and in directories
   */
  record Part(String id, Platform platform, Optional<SolvedResult> result) {}

  /** The same with some metadata given by hand. */
  ExportSource with(Map<String, byte[]> overrides) {
    Map<String, byte[]> all = new HashMap<>(metadata);
    all.putAll(overrides);
    return new ExportSource(results, all);
  }

  /** Whether there is one result for each platform, rather than one that has no other beside it. */
  boolean isMap() {
    return results.size() != 1 || !results.getFirst().platformId().isEmpty();
  }

  /**
   * The parts in the order in which the frontend named their platforms: a client hands results back
   * in a map without order, and the same image must have the same index each time.
   *
   * @param usual platform of a result of which nothing is known
   * @throws SlipwayException INVALID when results and platforms do not fit
   */
  List<Part> parts(Platform usual) throws SlipwayException {
    byte[] mapping = metadata.get(PLATFORMS);
    if (isMap() && mapping == null) {
      throw new SlipwayException(
          ErrorKind.INVALID, "unable to export multiple refs, missing platforms mapping");
    }
    if (mapping == null) {
      Platform platform = configured().orElse(usual);
      return List.of(new Part(platform.id(), platform, results.getFirst().result()));
    }
    List<Part> parts = new ArrayList<>();
    for (JsonNode entry : OciJson.tree(mapping).path("Platforms")) {
      String id = entry.path("ID").asText("");
      parts.add(new Part(id, platform(id, entry.path("Platform")), find(id)));
    }
    return parts;
  }

  private Optional<SolvedResult> find(String id) throws SlipwayException {
    if (!isMap()) {
      return results.getFirst().result();
    }
    for (PlatformResult result : results) {
      if (result.platformId().equals(id)) {
        return result.result();
      }
    }
    throw new SlipwayException(ErrorKind.INVALID, "failed to find ref for ID " + id);
  }

  /** As the mapping says, else as the id reads. */
  private static Platform platform(String id, JsonNode said) throws SlipwayException {
    if (said.hasNonNull("os") && said.hasNonNull("architecture")) {
      return new Platform(
          said.path("os").asText(),
          said.path("architecture").asText(),
          said.path("variant").asText(""),
          said.path("os.version").asText(""));
    }
    try {
      return Platform.parse(id);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "unable to export refs: " + e.getMessage(), e);
    }
  }

  private Optional<Platform> configured() throws SlipwayException {
    byte[] config = metadata.get("containerimage.config");
    if (config == null || config.length == 0) {
      return Optional.empty();
    }
    // What is no configuration is refused where one is made of it, with other words.
    return OciJson.tree(config) instanceof ObjectNode object
        ? new ImageConfig(object).platform()
        : Optional.empty();
  }

  /** The value for the platform, or that for all. */
  Optional<byte[]> lookUp(String key, String platformId) {
    byte[] own = metadata.get(key + "/" + platformId);
    return Optional.ofNullable(own != null ? own : metadata.get(key))
        .filter(value -> value.length > 0);
  }

  Optional<String> text(String key, String platformId) {
    return lookUp(key, platformId).map(value -> new String(value, StandardCharsets.UTF_8));
  }

  /** The time that the frontend wants for the platform. */
  Optional<Instant> epoch(String platformId) throws SlipwayException {
    Optional<String> text = text(EPOCH, platformId);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Instant.ofEpochSecond(Long.parseLong(text.get())));
    } catch (NumberFormatException | java.time.DateTimeException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "invalid SOURCE_DATE_EPOCH from frontend: \"" + text.get() + "\"", e);
    }
  }
}
