package dev.slipway.source;

import dev.slipway.oci.ChainId;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The layers that a layer of a chain is unpacked over. A layer of an image is unpacked over the
 * image's own, wherever in a merged chain it lies: its id says that it is over these. Not
 * thread-safe.
 */
final class LayersBelow {
  private static final String IMAGE_LAYER = "chain:";

  private final List<String> before = new ArrayList<>();
  private final Map<String, List<String>> belowImageLayers = new HashMap<>();

  /** Those below the layer, lowest first; call it with the layers of a chain in order. */
  List<String> of(Layer layer) {
    List<String> below =
        layer.getId().startsWith(IMAGE_LAYER) && !layer.getDiffId().isEmpty()
            ? ofImage(layer)
            : List.copyOf(before);
    belowImageLayers.put(layer.getId(), below);
    before.add(layer.getId());
    return below;
  }

  private List<String> ofImage(Layer layer) {
    Digest diffId = new Digest(layer.getDiffId());
    for (String parent : before.reversed()) {
      if (parent.startsWith(IMAGE_LAYER) && isOn(layer, diffId, parent)) {
        List<String> below = new ArrayList<>(belowImageLayers.get(parent));
        below.add(parent);
        return List.copyOf(below);
      }
    }
    return List.of();
  }

  private static boolean isOn(Layer layer, Digest diffId, String parent) {
    Digest stack = new Digest(parent.substring(IMAGE_LAYER.length()));
    return layer.getId().equals(IMAGE_LAYER + ChainId.of(List.of(stack, diffId)).getLast().value());
  }
}
