package dev.slipway.export;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageAssembly.Assembled;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes an image for whoever takes it: the plan of its layers, their blobs, its
 * documents. @ThreadSafe
 */
final class ImageMaking {
  private final ExportParts parts;

  ImageMaking(ExportParts parts) {
    this.parts = parts;
  }

  /** What an image is made of, checked. */
  LayerPlan plan(ImageAttributes attributes, ExportSource source) throws SlipwayException {
    LayerPlan plan = LayerPlan.of(source, attributes, usualPlatform(), parts.index());
    new ImageAssembly(attributes, source).check(plan);
    return plan;
  }

  Platform usualPlatform() {
    return parts.fleet().workers().stream()
        .flatMap(worker -> worker.nativePlatforms().stream())
        .findFirst()
        .orElse(Platform.LINUX_AMD64);
  }

  /** The layers by the way in which they are packed, in the plan's order. */
  static Map<Optional<Packing>, List<String>> byPacking(Collection<PackedLayer> layers) {
    Map<Optional<Packing>, List<String>> grouped = new LinkedHashMap<>();
    layers.forEach(layer ->
        grouped.computeIfAbsent(layer.packing(), _ -> new ArrayList<>()).add(layer.layer()));
    return grouped;
  }

  /** The blobs of the layers, wherever they are; those that were never made are made. */
  Map<PackedLayer, Blob> blobs(LayerPlan plan, BlobMaking making)
      throws SlipwayException, InterruptedException {
    Map<PackedLayer, Blob> blobs = new LinkedHashMap<>();
    for (Map.Entry<Optional<Packing>, List<String>> group : byPacking(plan.layers()).entrySet()) {
      List<String> unmade = new ArrayList<>(group.getValue());
      if (group.getKey().isEmpty()) {
        Map<String, LayerRecord> known = parts.index().layers(unmade);
        unmade.removeIf(layer -> {
          Optional<Blob> blob = Optional.ofNullable(known.get(layer)).flatMap(LayerRecord::blob);
          blob.ifPresent(found -> blobs.put(PackedLayer.asItIs(layer), found));
          return blob.isPresent();
        });
      }
      making
          .make(unmade, group.getKey(), Optional.empty())
          .forEach((layer, made) -> blobs.put(new PackedLayer(layer, group.getKey()), made.blob()));
    }
    return blobs;
  }

  Assembled assemble(
      ImageAttributes attributes, ExportSource source, LayerPlan plan, Map<PackedLayer, Blob> blobs)
      throws SlipwayException {
    return new ImageAssembly(attributes, source)
        .assemble(plan, blobs, times(plan.layers().stream().map(PackedLayer::layer).toList()));
  }

  /** Shows what was made. */
  static void mention(Assembled image, ExportProgress progress) {
    image
        .images()
        .forEach(one -> {
          progress.mention("exporting manifest " + one.manifest().descriptor().digest());
          progress.mention("exporting config " + one.config().descriptor().digest());
        });
    image
        .index()
        .ifPresent(
            index -> progress.mention("exporting manifest list " + index.descriptor().digest()));
  }

  /**
   * What the client is told of the image.
   *
   * @param root descriptor of it
   * @param names with commas between them; empty = it has none
   */
  static Map<String, String> response(Assembled image, Descriptor root, String names) {
    Map<String, String> response = new TreeMap<>();
    response.put("containerimage.digest", root.digest().value());
    response.put(
        "containerimage.descriptor", Base64.getEncoder().encodeToString(OciJson.compact(root)));
    if (image.index().isEmpty()) {
      response.put(
          "containerimage.config.digest",
          image.images().getFirst().config().descriptor().digest().value());
    }
    if (!names.isEmpty()) {
      response.put("image.name", names);
    }
    return response;
  }

  /**
   * When each layer was first exported: the index keeps it, so that the same layers give the same
   * image the next time.
   */
  private Map<String, Instant> times(Collection<String> layers) {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    List<String> untimed =
        layers.stream()
            .filter(layer -> !known.containsKey(layer) || known.get(layer).createdAt().isEmpty())
            .distinct()
            .toList();
    Map<String, LayerRecord> now = new HashMap<>(known);
    Instant instant = parts.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    if (!untimed.isEmpty()) {
      List<LayerRecord> timed = new ArrayList<>();
      for (int i = 0; i < untimed.size(); i++) {
        // One after the other, as they were made: tools that sort history by time keep its order.
        Instant own = instant.minusMillis(untimed.size() - 1L - i);
        timed.add(
            new LayerRecord(
                untimed.get(i), 0, Optional.empty(), Optional.empty(), Set.of(), Optional.of(own)));
      }
      parts.index().learn(timed);
      now.putAll(parts.index().layers(untimed));
    }
    Map<String, Instant> times = new HashMap<>();
    for (String layer : layers) {
      times.put(
          layer,
          Optional.ofNullable(now.get(layer)).flatMap(LayerRecord::createdAt).orElse(instant));
    }
    return times;
  }
}
