package dev.slipway.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ExportAttributes.Annotation.Place;
import dev.slipway.export.ImageExporter.PlatformResult;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.ImageIndex;
import dev.slipway.oci.Manifest;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes configurations, manifests and the index of an export out of layers' digests and metadata.
 * Pure.
 */
final class ImageAssembly {
  private final ExportAttributes attributes;
  private final Map<String, byte[]> metadata;
  private final Platform defaultPlatform;

  /**
   * @param metadata of the results, with the attributes' overrides
   */
  ImageAssembly(
      ExportAttributes attributes, Map<String, byte[]> metadata, Platform defaultPlatform) {
    this.attributes = attributes;
    this.metadata = metadata;
    this.defaultPlatform = defaultPlatform;
  }

  /**
   * Assembles the image.
   *
   * @param blobs by layer id
   * @param times when each layer was made, by layer id
   */
  Assembled assemble(
      List<PlatformResult> results, Map<String, Blob> blobs, Map<String, Instant> times)
      throws SlipwayException {
    if (results.size() > 1 && results.stream().anyMatch(result -> result.platformId().isEmpty())) {
      throw new SlipwayException(
          ErrorKind.INVALID, "unable to export multiple refs, missing platforms mapping");
    }
    if (results.isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, "there is no result to export");
    }
    boolean indexed = results.size() > 1 || !results.getFirst().platformId().isEmpty();
    List<Image> images = new ArrayList<>();
    for (PlatformResult result : inOrder(results)) {
      images.add(image(result, blobs, times));
    }
    if (!indexed) {
      if (!attributes.annotations(Place.INDEX, Optional.empty()).isEmpty()
          || !attributes.annotations(Place.INDEX_DESCRIPTOR, Optional.empty()).isEmpty()) {
        throw new SlipwayException(
            ErrorKind.INVALID, "index annotations not supported for single platform export");
      }
      return new Assembled(images, Optional.empty());
    }
    return new Assembled(images, Optional.of(index(images)));
  }

  /**
   * The order in which the frontend named the platforms. A client hands results back in a map
   * without order, and the same image must have the same index each time.
   */
  private List<PlatformResult> inOrder(List<PlatformResult> results) throws SlipwayException {
    byte[] mapping = metadata.get("refs.platforms");
    if (mapping == null) {
      return results;
    }
    List<String> ids = new ArrayList<>();
    OciJson.tree(mapping).path("Platforms").forEach(entry -> ids.add(entry.path("ID").asText("")));
    return results.stream()
        .sorted(
            Comparator.comparingInt(result ->
                ids.contains(result.platformId()) ? ids.indexOf(result.platformId()) : ids.size()))
        .toList();
  }

  private Image image(PlatformResult result, Map<String, Blob> blobs, Map<String, Instant> times)
      throws SlipwayException {
    List<String> chain = result.result().map(solved -> solved.chain().layers()).orElse(List.of());
    Optional<Platform> platform = platform(result.platformId());
    List<Digest> diffIds = new ArrayList<>();
    List<Descriptor> layers = new ArrayList<>();
    List<Instant> layerTimes = new ArrayList<>();
    for (String layer : chain) {
      Blob blob = blobs.get(layer);
      diffIds.add(blob.diffId());
      layers.add(
          new Descriptor(
              MediaTypes.layer(MediaTypes.compression(blob.mediaType()), attributes.oci()),
              blob.digest(),
              blob.size()));
      layerTimes.add(times.get(layer));
    }
    byte[] config =
        ConfigAssembly.assemble(
            lookUp("containerimage.config", result.platformId()),
            platform.orElse(defaultPlatform),
            diffIds,
            layerTimes,
            epoch(result.platformId()));
    Platform configured = ImageConfig.parse(config).platform().orElse(defaultPlatform);
    Descriptor configDescriptor =
        Descriptor.of(attributes.oci() ? MediaTypes.OCI_CONFIG : MediaTypes.DOCKER_CONFIG, config);
    String mediaType = attributes.oci() ? MediaTypes.OCI_MANIFEST : MediaTypes.DOCKER_MANIFEST;
    Platform shown = platform.orElse(configured);
    byte[] manifest =
        OciJson.indented(
            new Manifest(
                mediaType,
                configDescriptor,
                layers,
                attributes.annotations(Place.MANIFEST, Optional.of(shown))));
    Descriptor descriptor =
        Descriptor.of(mediaType, manifest)
            .withPlatform(shown)
            .withAnnotations(attributes.annotations(Place.MANIFEST_DESCRIPTOR, Optional.of(shown)));
    return new Image(new Document(descriptor, manifest), new Document(configDescriptor, config));
  }

  private Document index(List<Image> images) {
    String mediaType = attributes.oci() ? MediaTypes.OCI_INDEX : MediaTypes.DOCKER_INDEX;
    List<Descriptor> manifests =
        images.stream().map(image -> image.manifest().descriptor()).toList();
    byte[] index =
        OciJson.indented(
            new ImageIndex(
                mediaType, manifests, attributes.annotations(Place.INDEX, Optional.empty())));
    return new Document(
        Descriptor.of(mediaType, index)
            .withAnnotations(attributes.annotations(Place.INDEX_DESCRIPTOR, Optional.empty())),
        index);
  }

  /** The platform that the id stands for: as {@code refs.platforms} says, else as the id reads. */
  private Optional<Platform> platform(String platformId) throws SlipwayException {
    if (platformId.isEmpty()) {
      return Optional.empty();
    }
    byte[] mapping = metadata.get("refs.platforms");
    if (mapping != null) {
      for (JsonNode entry : OciJson.tree(mapping).path("Platforms")) {
        JsonNode platform = entry.path("Platform");
        if (entry.path("ID").asText("").equals(platformId)
            && platform.hasNonNull("os")
            && platform.hasNonNull("architecture")) {
          return Optional.of(
              new Platform(
                  platform.path("os").asText(),
                  platform.path("architecture").asText(),
                  platform.path("variant").asText(""),
                  platform.path("os.version").asText("")));
        }
      }
    }
    try {
      return Optional.of(Platform.parse(platformId));
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "unable to export refs: " + e.getMessage(), e);
    }
  }

  private Optional<Instant> epoch(String platformId) throws SlipwayException {
    String text =
        attributes.epoch().isEmpty()
            ? lookUp("source.date.epoch", platformId)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .orElse("")
            : attributes.epoch();
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Instant.ofEpochSecond(Long.parseLong(text.strip())));
    } catch (NumberFormatException e) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid SOURCE_DATE_EPOCH: " + text, e);
    }
  }

  private Optional<byte[]> lookUp(String key, String platformId) {
    byte[] own = platformId.isEmpty() ? null : metadata.get(key + "/" + platformId);
    return Optional.ofNullable(own != null ? own : metadata.get(key));
  }

  /** Bytes and what points at them. */
  record Document(Descriptor descriptor, byte[] content) {}

  /** The image of one platform. */
  record Image(Document manifest, Document config) {}

  /** All documents of an export. @param index empty when there is one image and no index */
  record Assembled(List<Image> images, Optional<Document> index) {
    Assembled {
      images = List.copyOf(images);
    }

    Document root() {
      return index.orElseGet(() -> images.getFirst().manifest());
    }
  }
}
