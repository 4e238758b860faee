package dev.slipway.cache;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The index in plain maps, for tests. @ThreadSafe */
public final class MemoryCacheIndex implements CacheIndex {
  private final Map<String, CacheRecord> records = new HashMap<>();
  private final Map<String, LayerRecord> layers = new HashMap<>();
  private final Map<String, String> contents = new HashMap<>();
  private final Map<String, Long> workers = new HashMap<>();

  @Override
  public synchronized Map<String, CacheRecord> records(Collection<String> keys) {
    Map<String, CacheRecord> found = new HashMap<>(records);
    found.keySet().retainAll(Set.copyOf(keys));
    return found;
  }

  @Override
  public synchronized void save(Collection<CacheRecord> saved) {
    saved.forEach(record -> records.put(record.key(), record));
  }

  @Override
  public synchronized Map<String, String> contents(Collection<String> keys) {
    Map<String, String> found = new HashMap<>(contents);
    found.keySet().retainAll(Set.copyOf(keys));
    return found;
  }

  @Override
  public synchronized void saveContents(Map<String, String> digests) {
    contents.putAll(digests);
  }

  @Override
  public synchronized void forget(String key) {
    records.remove(key);
  }

  @Override
  public synchronized Map<String, LayerRecord> layers(Collection<String> ids) {
    Map<String, LayerRecord> found = new HashMap<>(layers);
    found.keySet().retainAll(Set.copyOf(ids));
    return found;
  }

  @Override
  public synchronized void learn(Collection<LayerRecord> learned) {
    for (LayerRecord layer : learned) {
      LayerRecord known =
          layers.getOrDefault(
              layer.id(),
              new LayerRecord(layer.id(), 0, Optional.empty(), Optional.empty(), Set.of()));
      Set<String> holders = new HashSet<>(layer.holders());
      holders.retainAll(workers.keySet());
      holders.addAll(known.holders());
      Set<String> durable = new HashSet<>(known.durable());
      durable.addAll(layer.durable());
      layers.put(
          layer.id(),
          new LayerRecord(
              layer.id(),
              layer.size() > 0 ? layer.size() : known.size(),
              layer.blob().or(known::blob),
              layer.origin().or(known::origin),
              holders,
              layer.createdAt().or(known::createdAt),
              durable));
    }
  }

  @Override
  public synchronized void addHolders(Map<String, Long> incarnations) {
    incarnations.forEach((workerId, incarnation) -> {
      if (!incarnation.equals(workers.get(workerId))) {
        dropHolder(workerId);
        workers.put(workerId, incarnation);
      }
    });
  }

  @Override
  public synchronized void dropDurable(Collection<String> layerIds) {
    for (String id : layerIds) {
      layers.computeIfPresent(
          id,
          (_, layer) ->
              new LayerRecord(id, layer.size(), layer.blob(), layer.origin(), layer.holders()));
    }
  }

  @Override
  public synchronized void dropHolder(String workerId, Collection<String> layerIds) {
    for (String id : layerIds) {
      layers.computeIfPresent(
          id,
          (_, layer) -> {
            Set<String> holders = new HashSet<>(layer.holders());
            holders.remove(workerId);
            return new LayerRecord(
                id,
                layer.size(),
                layer.blob(),
                layer.origin(),
                holders,
                layer.createdAt(),
                layer.durable());
          });
    }
  }

  @Override
  public synchronized void dropHolder(String workerId) {
    dropHolder(workerId, List.copyOf(layers.keySet()));
    workers.remove(workerId);
  }
}
