package dev.slipway.oci;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Manifests of one image for several platforms. OCI image-spec v1.1, image index; Docker's manifest
 * list has the same shape.
 *
 * @param mediaType may be empty in indexes made before v1.1
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonPropertyOrder({
  "schemaVersion",
  "mediaType",
  "artifactType",
  "manifests",
  "subject",
  "annotations"
})
public record ImageIndex(
    @JsonProperty("schemaVersion") int schemaVersion,
    @JsonProperty("mediaType") String mediaType,
    @JsonProperty("artifactType") String artifactType,
    @JsonProperty("manifests") @JsonInclude(JsonInclude.Include.ALWAYS) List<Descriptor> manifests,
    @JsonProperty("subject") Optional<Descriptor> subject,
    @JsonProperty("annotations") Map<String, String> annotations) {
  private static final int SCHEMA_VERSION = 2;

  @JsonCreator
  public ImageIndex {
    mediaType = mediaType == null ? "" : mediaType;
    artifactType = artifactType == null ? "" : artifactType;
    manifests = manifests == null ? List.of() : List.copyOf(manifests);
    subject = subject == null ? Optional.empty() : subject;
    annotations =
        annotations == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(annotations));
    if (schemaVersion != SCHEMA_VERSION) {
      throw new IllegalArgumentException(
          "index has schema version "
              + schemaVersion
              + ", only "
              + SCHEMA_VERSION
              + " is understood");
    }
  }

  /** The index of these manifests. */
  public ImageIndex(String mediaType, List<Descriptor> manifests, Map<String, String> annotations) {
    this(SCHEMA_VERSION, mediaType, "", manifests, Optional.empty(), annotations);
  }
}
