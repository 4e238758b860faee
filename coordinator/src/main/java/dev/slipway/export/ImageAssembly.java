package dev.slipway.export;

import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.Annotation.Place;
import dev.slipway.export.LayerPlan.PlannedPart;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageIndex;
import dev.slipway.oci.Manifest;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Makes configurations, manifests and the index of an export out of layers' digests and metadata.
 * Pure.
 */
final class ImageAssembly {
  /** Says of a layer that its times were bounded. BuildKit's. */
  private static final String REWRITTEN = "buildkit/rewritten-timestamp";

  private final boolean oci;
  private final ExportSource source;
  private final List<Annotation> annotations;

  /**
   * @param source with the attributes' overrides
   */
  ImageAssembly(ImageAttributes attributes, ExportSource source) throws SlipwayException {
    this.oci = attributes.oci();
    this.source = source;
    this.annotations = attributes.annotations(source);
  }

  /** Checks, before blobs are made, that there is an image that can be said this way. */
  void check(LayerPlan plan) throws SlipwayException {
    for (Annotation annotation : annotations) {
      if (!oci && annotation.place() != Place.MANIFEST) {
        throw new SlipwayException(
            ErrorKind.INVALID, "cannot export annotations with \"oci-mediatypes=false\"");
      }
      if (source.isMap()
          && annotation.platform().isPresent()
          && plan.parts().stream().noneMatch(part -> annotation.isFor(part.part().platform()))) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "invalid annotation: no platform "
                + annotation.platform().get().id()
                + " found in source");
      }
    }
    if (!source.isMap() && plan.parts().size() > 1) {
      throw new SlipwayException(
          ErrorKind.INVALID, "cannot export multiple platforms without multi-platform enabled");
    }
    if (!source.isMap()
        && annotations.stream()
            .anyMatch(annotation ->
                annotation.place() == Place.INDEX
                    || annotation.place() == Place.INDEX_DESCRIPTOR)) {
      throw new SlipwayException(
          ErrorKind.INVALID, "index annotations not supported for single platform export");
    }
  }

  /**
   * Assembles the image.
   *
   * @param blobs of all layers of the plan
   * @param times when each layer was made, by layer id
   */
  Assembled assemble(LayerPlan plan, Map<PackedLayer, Blob> blobs, Map<String, Instant> times)
      throws SlipwayException {
    check(plan);
    List<Image> images = new ArrayList<>();
    for (PlannedPart part : plan.parts()) {
      images.add(image(part, blobs, times));
    }
    return new Assembled(images, source.isMap() ? Optional.of(index(images)) : Optional.empty());
  }

  private Image image(PlannedPart planned, Map<PackedLayer, Blob> blobs, Map<String, Instant> times)
      throws SlipwayException {
    Platform platform = planned.part().platform();
    List<Digest> diffIds = new ArrayList<>();
    List<Descriptor> layers = new ArrayList<>();
    List<Instant> layerTimes = new ArrayList<>();
    for (PackedLayer layer : planned.layers()) {
      Blob blob = blobs.get(layer);
      diffIds.add(blob.diffId());
      layers.add(descriptor(layer, blob));
      layerTimes.add(times.get(layer.layer()));
    }
    byte[] config =
        ConfigAssembly.assemble(
            source.lookUp("containerimage.config", planned.part().id()),
            platform,
            diffIds,
            layerTimes,
            new ConfigAssembly.Times(planned.epoch(), planned.base()));
    Descriptor configDescriptor =
        Descriptor.of(oci ? MediaTypes.OCI_CONFIG : MediaTypes.DOCKER_CONFIG, config);
    String mediaType = oci ? MediaTypes.OCI_MANIFEST : MediaTypes.DOCKER_MANIFEST;
    byte[] manifest =
        OciJson.indented(
            new Manifest(
                mediaType, configDescriptor, layers, annotations(Place.MANIFEST, platform)));
    Descriptor descriptor =
        Descriptor.of(mediaType, manifest)
            .withPlatform(platform)
            .withAnnotations(annotations(Place.MANIFEST_DESCRIPTOR, platform));
    return new Image(
        new Document(descriptor, manifest), new Document(configDescriptor, config), layers);
  }

  private Descriptor descriptor(PackedLayer layer, Blob blob) {
    Descriptor descriptor =
        new Descriptor(
            MediaTypes.layer(MediaTypes.compression(blob.mediaType()), oci),
            blob.digest(),
            blob.size());
    return layer
        .packing()
        .filter(packing -> oci && packing.latest().isPresent())
        .map(packing ->
            descriptor.withAnnotations(
                Map.of(REWRITTEN, Long.toString(packing.latest().getAsLong()))))
        .orElse(descriptor);
  }

  private Map<String, String> annotations(Place place, Platform platform) {
    Map<String, String> chosen = new TreeMap<>();
    for (Annotation annotation : annotations) {
      if (annotation.place() == place && annotation.isFor(platform)) {
        chosen.put(annotation.key(), annotation.value());
      }
    }
    return chosen;
  }

  /** Of an index there is one: for whichever platform an annotation was meant. */
  private Map<String, String> annotations(Place place) {
    Map<String, String> chosen = new TreeMap<>();
    for (Annotation annotation : annotations) {
      if (annotation.place() == place) {
        chosen.put(annotation.key(), annotation.value());
      }
    }
    return chosen;
  }

  private Document index(List<Image> images) {
    String mediaType = oci ? MediaTypes.OCI_INDEX : MediaTypes.DOCKER_INDEX;
    List<Descriptor> manifests =
        images.stream().map(image -> image.manifest().descriptor()).toList();
    byte[] index = OciJson.indented(new ImageIndex(mediaType, manifests, annotations(Place.INDEX)));
    return new Document(
        Descriptor.of(mediaType, index).withAnnotations(annotations(Place.INDEX_DESCRIPTOR)),
        index);
  }

  /** Bytes and what points at them. */
  record Document(Descriptor descriptor, byte[] content) {}

  /** The image of one platform. */
  record Image(Document manifest, Document config, List<Descriptor> layers) {
    Image {
      layers = List.copyOf(layers);
    }
  }

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
