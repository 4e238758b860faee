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
 * One image (or artifact). OCI image-spec v1.1, image manifest; Docker's schema 2 has the same
 * shape.
 *
 * @param mediaType may be empty in OCI manifests made before v1.1
 * @param artifactType empty for images
 * @param subject what an artifact is about
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonPropertyOrder({
  "schemaVersion",
  "mediaType",
  "artifactType",
  "config",
  "layers",
  "subject",
  "annotations"
})
public record Manifest(
    @JsonProperty("schemaVersion") int schemaVersion,
    @JsonProperty("mediaType") String mediaType,
    @JsonProperty("artifactType") String artifactType,
    @JsonProperty("config") Descriptor config,
    @JsonProperty("layers") @JsonInclude(JsonInclude.Include.ALWAYS) List<Descriptor> layers,
    @JsonProperty("subject") Optional<Descriptor> subject,
    @JsonProperty("annotations") Map<String, String> annotations) {
  private static final int SCHEMA_VERSION = 2;

  @JsonCreator
  public Manifest {
    mediaType = mediaType == null ? "" : mediaType;
    artifactType = artifactType == null ? "" : artifactType;
    layers = layers == null ? List.of() : List.copyOf(layers);
    subject = subject == null ? Optional.empty() : subject;
    annotations =
        annotations == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(annotations));
    if (schemaVersion != SCHEMA_VERSION) {
      throw new IllegalArgumentException(
          "manifest has schema version "
              + schemaVersion
              + ", only "
              + SCHEMA_VERSION
              + " is understood");
    }
    if (config == null) {
      throw new IllegalArgumentException("manifest has no config");
    }
  }

  /** The manifest of an image. */
  public Manifest(
      String mediaType,
      Descriptor config,
      List<Descriptor> layers,
      Map<String, String> annotations) {
    this(SCHEMA_VERSION, mediaType, "", config, layers, Optional.empty(), annotations);
  }
}
