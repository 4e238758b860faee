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
  private final Set<String> distrusted = new HashSet<>();
  private final Map<String, Set<String>> holders = new HashMap<>();

  Availability(CacheIndex index) {
    this.index = index;
  }

  /** Looks the keys of all reusable vertices up. */
  void lookUp(Iterable<VertexWork> work) {
    List<String> keys = new ArrayList<>();
    Set<String> layers = new HashSet<>();
    for (VertexWork one : work) {
      if (one.reusable) {
        keys.add(one.key);
      }
      one.results.values().forEach(chain -> layers.addAll(chain.layers()));
    }
    lookUp(keys, layers);
  }

  /** Looks up what is not a vertex's own key. Returns whether one of them is a hit. */
  boolean lookUpKeys(Collection<String> keys) {
    lookUp(keys, new HashSet<>());
    return keys.stream().anyMatch(key -> hit(key).isPresent());
  }

  private void lookUp(Collection<String> keys, Set<String> layers) {
    Map<String, CacheRecord> found = keys.isEmpty() ? Map.of() : index.records(keys);
    records.keySet().removeAll(keys);
    records.putAll(found);
    found
        .values()
        .forEach(
            record -> record.outputs().values().forEach(chain -> layers.addAll(chain.layers())));
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
      boolean there = id.startsWith("tree:") || (layer != null && layer.isAvailable());
      if (there && !distrusted.contains(id)) {
        available.add(id);
        holders.put(id, layer == null ? Set.of() : layer.holders());
      } else {
        available.remove(id);
      }
    }
  }

  /** The layers were made or resolved just now. */
  void add(LayerChain chain) {
    available.addAll(chain.layers());
  }

  /**
   * The layers are there, but this build does not get at them. Those of images it takes from
   * somewhere else.
   */
  void distrust(Collection<String> layers) {
    layers.stream().filter(layer -> layer.startsWith("snap:")).forEach(distrusted::add);
  }

  /** Workers that held the layer when it was looked up. */
  Set<String> holders(String layer) {
    return holders.getOrDefault(layer, Set.of());
  }

  boolean holds(Map<Integer, LayerChain> results) {
    return results.values().stream().allMatch(chain -> available.containsAll(chain.layers()));
  }

  /** Whether the key has a record whose bytes are gone. */
  boolean isStale(String key) {
    return records.containsKey(key) && hit(key).isEmpty();
  }

  /** The record of the key, whether or not its bytes are there. */
  Optional<CacheRecord> record(String key) {
    return Optional.ofNullable(records.get(key));
  }

  Optional<CacheRecord> hit(String key) {
    return Optional.ofNullable(records.get(key)).filter(record -> holds(record.outputs()));
  }
}
