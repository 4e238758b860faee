package dev.slipway.export;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.Platform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parts of an image and the form that each of their layers has in it. A registry's blobs stay
 * what they are unless the client insists; times of the base image's layers stay in any case.
 *
 * @param parts one per platform
 */
record LayerPlan(List<PlannedPart> parts) {
  LayerPlan {
    parts = List.copyOf(parts);
  }

  /**
   * One platform's image.
   *
   * @param layers lowest first
   * @param epoch that no time in the image is after
   */
  record PlannedPart(
      ExportSource.Part part,
      List<PackedLayer> layers,
      Optional<ImageConfig> base,
      Optional<Instant> epoch) {
    PlannedPart {
      layers = List.copyOf(layers);
    }
  }

  static LayerPlan of(
      ExportSource source, ImageAttributes attributes, Platform usual, CacheIndex index)
      throws SlipwayException {
    List<PlannedPart> parts = new ArrayList<>();
    for (ExportSource.Part part : source.parts(usual)) {
      Optional<byte[]> base = source.lookUp("containerimage.base.config", part.id());
      Optional<ImageConfig> baseConfig =
          base.isPresent() ? Optional.of(ImageConfig.parse(base.get())) : Optional.empty();
      Optional<Instant> epoch = attributes.epoch().of(source, part.id());
      List<String> chain = part.result().map(solved -> solved.chain().layers()).orElse(List.of());
      parts.add(
          new PlannedPart(
              part,
              packed(chain, attributes, baseConfig, epoch, index.layers(chain)),
              baseConfig,
              epoch));
    }
    return new LayerPlan(parts);
  }

  private static List<PackedLayer> packed(
      List<String> chain,
      ImageAttributes attributes,
      Optional<ImageConfig> base,
      Optional<Instant> epoch,
      Map<String, LayerRecord> known)
      throws SlipwayException {
    List<Digest> baseLayers = base.isPresent() ? base.get().diffIds() : List.of();
    List<PackedLayer> packed = new ArrayList<>();
    boolean inBase = true;
    for (int i = 0; i < chain.size(); i++) {
      Optional<LayerRecord> record = Optional.ofNullable(known.get(chain.get(i)));
      inBase =
          inBase
              && i < baseLayers.size()
              && record
                  .flatMap(LayerRecord::blob)
                  .map(LayerRecord.Blob::diffId)
                  .equals(Optional.of(baseLayers.get(i)));
      boolean bounded = attributes.rewrite() && epoch.isPresent() && !inBase;
      boolean anew = isPackedAnew(attributes, record);
      packed.add(
          new PackedLayer(
              chain.get(i),
              bounded
                  ? Optional.of(attributes.packing().bounded(epoch.get().getEpochSecond()))
                  : anew ? Optional.of(attributes.packing()) : Optional.empty()));
    }
    return packed;
  }

  private static boolean isPackedAnew(ImageAttributes attributes, Optional<LayerRecord> record) {
    boolean ofImage =
        record.filter(layer -> layer.origin().isPresent() && layer.blob().isPresent()).isPresent();
    if (!ofImage) {
      return attributes.packs();
    }
    return attributes.force()
        && MediaTypes.compression(record.get().blob().get().mediaType())
            != attributes.packing().compression();
  }

  /** All layers of all parts, each form once. */
  Set<PackedLayer> layers() {
    Set<PackedLayer> all = new LinkedHashSet<>();
    parts.forEach(part -> all.addAll(part.layers()));
    return all;
  }
}
