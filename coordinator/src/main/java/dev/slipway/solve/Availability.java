package dev.slipway.solve;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one solve knows of the cache: asked in batches, two round trips for a whole graph. A record
 * whose bytes are gone is no hit. Owned by the driver's thread.
 */
final class Availability {
  private final CacheIndex index;
  private final Map<String, CacheRecord> records = new HashMap<>();
  private final Set<String> available = new HashSet<>();

  Availability(CacheIndex index) {
    this.index = index;
  }

  /** Looks the keys of all reusable vertices up. */
  void lookUp(Iterable<VertexWork> work) {
    List<String> keys = new ArrayList<>();
    for (VertexWork one : work) {
      if (one.reusable) {
        keys.add(one.key);
      }
    }
    Map<String, CacheRecord> found = keys.isEmpty() ? Map.of() : index.records(keys);
    records.keySet().removeAll(keys);
    records.putAll(found);
    Set<String> layers = new HashSet<>();
    found
        .values()
        .forEach(
            record -> record.outputs().values().forEach(chain -> layers.addAll(chain.layers())));
    for (VertexWork one : work) {
      one.results.values().forEach(chain -> layers.addAll(chain.layers()));
    }
    ask(layers);
  }

  /** Looks again at everything: a worker has left. */
  void refresh(Iterable<VertexWork> work) {
    available.clear();
    lookUp(work);
  }

  private void ask(Collection<String> layers) {
    if (layers.isEmpty()) {
      return;
    }
    Map<String, LayerRecord> known = index.layers(layers);
    for (String id : layers) {
      LayerRecord layer = known.get(id);
      boolean there =
          id.startsWith("tree:")
              || (layer != null && (layer.origin().isPresent() || !layer.holders().isEmpty()));
      if (there) {
        available.add(id);
      } else {
        available.remove(id);
      }
    }
  }

  /** The layers were made or resolved just now. */
  void add(LayerChain chain) {
    available.addAll(chain.layers());
  }

  boolean holds(Map<Integer, LayerChain> results) {
    return results.values().stream().allMatch(chain -> available.containsAll(chain.layers()));
  }

  /** Whether the key has a record whose bytes are gone. */
  boolean isStale(String key) {
    return records.containsKey(key) && hit(key).isEmpty();
  }

  Optional<CacheRecord> hit(String key) {
    return Optional.ofNullable(records.get(key)).filter(record -> holds(record.outputs()));
  }
}
