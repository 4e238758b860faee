package dev.slipway.cache;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.MapNames;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The index in the cluster's maps. A holder is written down with the number of its membership in
 * the farm, so that a worker that leaves is forgotten by one write, however many layers it held;
 * stale holders are dropped when their layer is written next. @ThreadSafe
 */
public final class ClusterCacheIndex implements CacheIndex {
  /** Layers of one write; an inventory may have a hundred thousand. */
  private static final int BATCH = 1000;

  /** Holders of a layer from which on stale ones are looked for. */
  private static final int MANY_HOLDERS = 32;

  private final ClusterMap<CacheRecord> records;
  private final ClusterMap<StoredLayer> layers;
  private final ClusterMap<String> contents;
  private final ClusterMap<Long> workers;
  private final SecureRandom random = new SecureRandom();

  /** Writes of this process that a snapshot would keep. */
  private final AtomicLong changes = new AtomicLong();

  public ClusterCacheIndex(Cluster cluster) {
    this.records = cluster.map(MapNames.CACHE_RECORDS, RecordCodecs.RECORD);
    this.layers = cluster.map(MapNames.LAYERS, RecordCodecs.LAYER);
    this.contents = cluster.map(MapNames.CONTENT_DIGESTS, RecordCodecs.TEXT);
    this.workers = cluster.map(MapNames.WORKERS, RecordCodecs.MEMBERSHIP);
  }

  @Override
  public Map<String, CacheRecord> records(Collection<String> keys) {
    return records.getAll(keys);
  }

  @Override
  public void save(Collection<CacheRecord> saved) {
    Map<String, CacheRecord> byKey = new HashMap<>();
    saved.forEach(record -> byKey.put(record.key(), record));
    records.setAll(byKey);
    changes.incrementAndGet();
  }

  @Override
  public void forget(String key) {
    records.remove(key);
    changes.incrementAndGet();
  }

  @Override
  public Map<String, String> contents(Collection<String> keys) {
    return contents.getAll(keys);
  }

  @Override
  public void saveContents(Map<String, String> digests) {
    contents.setAll(digests);
    changes.incrementAndGet();
  }

  @Override
  public Map<String, LayerRecord> layers(Collection<String> ids) {
    Map<String, StoredLayer> stored = layers.getAll(ids);
    Set<String> holders = new HashSet<>();
    stored.values().forEach(layer -> holders.addAll(layer.holders().keySet()));
    Map<String, Long> memberships = workers.getAll(holders);
    Map<String, LayerRecord> known = new HashMap<>();
    stored.forEach((id, layer) -> known.put(id, layer.record(id, memberships)));
    return known;
  }

  @Override
  public void learn(Collection<LayerRecord> learned) {
    Set<String> holders = new HashSet<>();
    Map<String, LayerRecord> batch = new HashMap<>();
    learned.forEach(layer -> holders.addAll(layer.holders()));
    Map<String, Long> memberships = workers.getAll(holders);
    for (LayerRecord layer : learned) {
      if (batch.size() == BATCH || batch.containsKey(layer.id())) {
        write(batch, memberships);
        batch.clear();
      }
      batch.put(layer.id(), layer);
    }
    write(batch, memberships);
    changes.incrementAndGet();
  }

  /** A number that moves when there is something new to keep. */
  long changes() {
    return changes.get();
  }

  void forEachRecord(Consumer<CacheRecord> action) {
    records.forEach((_, record) -> action.accept(record));
  }

  void forEachContent(BiConsumer<String, String> action) {
    contents.forEach(action);
  }

  /**
   * Layers of which more is known than who holds them; holders are left out, as workers bring their
   * inventory themselves.
   */
  void forEachLastingLayer(Consumer<LayerRecord> action) {
    layers.forEach((id, layer) -> {
      if (layer.blob().isPresent() || layer.origin().isPresent()) {
        action.accept(new LayerRecord(id, layer.size(), layer.blob(), layer.origin(), Set.of()));
      }
    });
  }

  @Override
  public void addHolder(String workerId) {
    workers.set(workerId, random.nextLong());
  }

  @Override
  public void dropHolder(String workerId, Collection<String> layerIds) {
    List<String> ids = List.copyOf(layerIds);
    for (int from = 0; from < ids.size(); from += BATCH) {
      layers.update(
          ids.subList(from, Math.min(ids.size(), from + BATCH)),
          (_, before) ->
              before.map(layer -> layer.without(workerId)).filter(layer -> !layer.isWorthless()));
    }
  }

  @Override
  public void dropHolder(String workerId) {
    workers.remove(workerId);
  }

  private void write(Map<String, LayerRecord> learned, Map<String, Long> memberships) {
    layers.update(
        learned.keySet(),
        (id, before) -> {
          StoredLayer layer =
              before.orElse(StoredLayer.UNKNOWN).learn(learned.get(id), memberships);
          return Optional.of(
              layer.holders().size() < MANY_HOLDERS
                  ? layer
                  : layer.withHolders(layer.present(workers.getAll(layer.holders().keySet()))));
        });
  }
}
