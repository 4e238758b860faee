package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What would have to be moved to which worker: layers of the filesystems that steps build on count
 * in full, of the others just what is read of them. Pure.
 */
final class Locality {
  /**
   * What a part is taken for whose size nobody knows: as much as a program with its libraries. Its
   * filesystem may have gigabytes that nobody will move.
   */
  private static final long UNKNOWN_PART_BYTES = 32L << 20;

  private final Set<String> layers = new HashSet<>();
  private final List<ContentPart> parts = new ArrayList<>();

  void needs(LayerChain chain) {
    layers.addAll(chain.layers());
  }

  void needs(ContentPart part) {
    parts.add(part);
  }

  /** Ids of all that {@link #bytesByWorker} wants to know. */
  Collection<String> ids() {
    Set<String> ids = new HashSet<>(layers);
    for (ContentPart part : parts) {
      ids.add(part.id());
      ids.addAll(part.request().getLayerIdsList());
    }
    return ids;
  }

  /** Bytes that need not be moved, by worker. @param known what the index knows of the ids */
  Map<String, Long> bytesByWorker(Map<String, LayerRecord> known) {
    Map<String, Long> bytes = new HashMap<>();
    for (String id : layers) {
      LayerRecord layer = known.get(id);
      if (layer != null) {
        layer
            .holders()
            .forEach(worker -> bytes.merge(worker, Math.max(1, layer.size()), Long::sum));
      }
    }
    for (ContentPart part : parts) {
      Set<String> holders =
          new HashSet<>(PartReferences.holders(part.request().getLayerIdsList(), known));
      LayerRecord made = known.get(part.id());
      if (made != null) {
        holders.addAll(made.holders());
      }
      long size = made != null && made.size() > 0 ? made.size() : bound(part, known);
      holders.forEach(worker -> bytes.merge(worker, size, Long::sum));
    }
    return bytes;
  }

  private static long bound(ContentPart part, Map<String, LayerRecord> known) {
    long all =
        part.request().getLayerIdsList().stream()
            .filter(known::containsKey)
            .mapToLong(id -> known.get(id).size())
            .sum();
    return Math.clamp(all, 1, UNKNOWN_PART_BYTES);
  }
}
