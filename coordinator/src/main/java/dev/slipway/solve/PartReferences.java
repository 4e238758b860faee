package dev.slipway.solve;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.protocol.worker.Part;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Parts as a worker is told of them: with the peers that can make them. @ThreadSafe */
final class PartReferences {
  private final CacheIndex index;
  private final Fleet fleet;

  PartReferences(CacheIndex index, Fleet fleet) {
    this.index = index;
    this.fleet = fleet;
  }

  /**
   * Describes the part for the worker; empty when it is better served with the layers: because it
   * has them all, or because nobody else has.
   */
  Optional<Part> describe(ContentPart part, String workerId) {
    List<String> holders = holders(List.of(part)).getOrDefault(part.id(), List.of());
    if (holders.isEmpty() || holders.contains(workerId)) {
      return Optional.empty();
    }
    String resource = "parts/" + part.id();
    Part.Builder message =
        Part.newBuilder()
            .setId(part.id())
            .setRequest(part.request())
            .setCapability(fleet.capability(resource));
    for (String holder : holders) {
      fleet
          .worker(holder)
          .map(WorkerNode::blobUrl)
          .ifPresent(url ->
              message.addPeerUrls(
                  url + "/parts/" + URLEncoder.encode(part.id(), StandardCharsets.UTF_8)));
    }
    return message.getPeerUrlsCount() == 0 ? Optional.empty() : Optional.of(message.build());
  }

  /**
   * The workers that hold all layers of the parts' filesystems, in order of their ids, by part;
   * parts that no worker has are left out. One look-up.
   */
  Map<String, List<String>> holders(Collection<ContentPart> parts) {
    Set<String> layers = new HashSet<>();
    parts.forEach(part -> layers.addAll(part.request().getLayerIdsList()));
    Map<String, LayerRecord> known = layers.isEmpty() ? Map.of() : index.layers(layers);
    Map<String, List<String>> holders = new HashMap<>();
    for (ContentPart part : parts) {
      Set<String> all = holders(part.request().getLayerIdsList(), known);
      List<String> present = all.stream().filter(id -> fleet.worker(id).isPresent()).toList();
      if (!present.isEmpty()) {
        holders.put(part.id(), present);
      }
    }
    return holders;
  }

  /** The workers that hold every one of the layers, in order of their ids. */
  static Set<String> holders(Collection<String> layers, Map<String, LayerRecord> known) {
    Set<String> all = new TreeSet<>();
    boolean first = true;
    for (String layer : layers) {
      Set<String> holders = known.containsKey(layer) ? known.get(layer).holders() : Set.of();
      if (first) {
        all.addAll(holders);
        first = false;
      } else {
        all.retainAll(holders);
      }
    }
    return all;
  }
}
