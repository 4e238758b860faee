package dev.slipway.oci;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An image configuration, read where the farm needs to know it; all other fields stay as they are
 * in {@link #json()}. OCI image-spec v1.1, image configuration, and Docker's superset of it.
 *
 * @param json the whole document; never changed
 */
public record ImageConfig(ObjectNode json) {
  public ImageConfig {
    json = json.deepCopy();
  }

  /**
   * @throws SlipwayException INVALID when the bytes are not a JSON object
   */
  public static ImageConfig parse(byte[] bytes) throws SlipwayException {
    JsonNode tree = OciJson.tree(bytes);
    if (!(tree instanceof ObjectNode object)) {
      throw new SlipwayException(ErrorKind.INVALID, "image config is not a JSON object");
    }
    return new ImageConfig(object);
  }

  /** The document, free to be changed by the caller. */
  @Override
  public ObjectNode json() {
    return json.deepCopy();
  }

  public String os() {
    return json.path("os").asText("");
  }

  public String architecture() {
    return json.path("architecture").asText("");
  }

  /** What the image runs on; empty when the configuration does not say. */
  public Optional<Platform> platform() {
    if (os().isEmpty() || architecture().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Platform(
            os(),
            architecture(),
            json.path("variant").asText(""),
            json.path("os.version").asText("")));
  }

  /**
   * Digests of the uncompressed layers, lowest first. @throws SlipwayException INVALID when one is
   * malformed
   */
  public List<Digest> diffIds() throws SlipwayException {
    List<Digest> diffIds = new ArrayList<>();
    for (JsonNode diffId : json.path("rootfs").path("diff_ids")) {
      if (!Digest.isDigest(diffId.asText())) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "image config has a diff id that is no sha256 digest: \"" + diffId.asText() + "\"");
      }
      diffIds.add(new Digest(diffId.asText()));
    }
    return List.copyOf(diffIds);
  }

  /** How the layers came to be, oldest first. */
  public List<History> history() {
    List<History> entries = new ArrayList<>();
    for (JsonNode entry : json.path("history")) {
      entries.add(
          new History(
              entry.path("created").asText(""),
              entry.path("created_by").asText(""),
              entry.path("author").asText(""),
              entry.path("comment").asText(""),
              entry.path("empty_layer").asBoolean(false)));
    }
    return List.copyOf(entries);
  }

  /**
   * One step of an image's history.
   *
   * @param created RFC 3339, empty = unknown
   * @param emptyLayer whether it made no layer
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonPropertyOrder({"created", "created_by", "author", "comment", "empty_layer"})
  public record History(
      @JsonProperty("created") @JsonInclude(JsonInclude.Include.NON_EMPTY) String created,
      @JsonProperty("created_by") @JsonInclude(JsonInclude.Include.NON_EMPTY) String createdBy,
      @JsonProperty("author") @JsonInclude(JsonInclude.Include.NON_EMPTY) String author,
      @JsonProperty("comment") @JsonInclude(JsonInclude.Include.NON_EMPTY) String comment,
      @JsonProperty("empty_layer") @JsonInclude(JsonInclude.Include.NON_DEFAULT)
          boolean emptyLayer) {}
}
