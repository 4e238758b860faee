package dev.slipway.cache;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.MapNames;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The index in the cluster's maps. A holder is written down with the number of its membership in
 * the farm, so that a worker that leaves is forgotten by one write, however many layers it held;
 * stale holders are dropped when their layer is written next. A membership lasts while a live
 * coordinator has a link to the worker. @ThreadSafe
 */
public final class ClusterCacheIndex implements CacheIndex, LayerCensus {
  /** Layers that workers get from clients, through the coordinator. */
  private static final String TREE = "tree:";

  /** Layers that steps made. */
  private static final String STEP = "snap:";

  /** Layers of one write; an inventory may have a hundred thousand. */
  private static final int BATCH = 1000;

  /** Holders of a layer from which on stale ones are looked for. */
  private static final int MANY_HOLDERS = 32;

  private final ClusterMap<CacheRecord> records;
  private final ClusterMap<StoredLayer> layers;
  private final ClusterMap<String> contents;
  private final ClusterMap<Membership> workers;
  private final Cluster cluster;

  /** Owned by the cluster's thread for changes. */
  private List<String> membersBefore = List.of();

  private final SecureRandom random = new SecureRandom();

  /** Writes of this process that a snapshot would keep. */
  private final AtomicLong changes = new AtomicLong();

  private final Set<String> durablePlaces;
  private final List<Consumer<Collection<CacheRecord>>> savings = new CopyOnWriteArrayList<>();

  public ClusterCacheIndex(Cluster cluster) {
    this(cluster, Set.of());
  }

  /**
   * @param durablePlaces those in use now; what another configuration wrote elsewhere does not
   *     count
   */
  public ClusterCacheIndex(Cluster cluster, Set<String> durablePlaces) {
    this.durablePlaces = Set.copyOf(durablePlaces);
    this.records = cluster.map(MapNames.CACHE_RECORDS, RecordCodecs.RECORD);
    this.layers = cluster.map(MapNames.LAYERS, RecordCodecs.LAYER);
    this.contents = cluster.map(MapNames.CONTENT_DIGESTS, RecordCodecs.TEXT);
    this.workers = cluster.map(MapNames.WORKERS, RecordCodecs.MEMBERSHIP);
    this.cluster = cluster;
    cluster.onChange(this::forgetLinksOfTheDead);
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
    savings.forEach(listener -> listener.accept(saved));
  }

  /** Calls the listener with what this process saves, after that; it must not block. */
  public void onSave(Consumer<Collection<CacheRecord>> listener) {
    savings.add(listener);
  }

  /**
   * The chains of the newest results, oldest first.
   *
   * @param most how many
   */
  public List<List<String>> newestChains(int most) {
    PriorityQueue<CacheRecord> newest =
        new PriorityQueue<>(Comparator.comparing(CacheRecord::createdAt));
    records.forEach((_, record) -> {
      newest.add(record);
      if (newest.size() > most) {
        newest.remove();
      }
    });
    List<List<String>> chains = new ArrayList<>();
    while (!newest.isEmpty()) {
      newest.remove().outputs().values().forEach(chain -> chains.add(chain.layers()));
    }
    return chains;
  }

  @Override
  public void dropDurable(Collection<String> layerIds) {
    layers.update(
        layerIds,
        (_, before) ->
            before.map(StoredLayer::withoutDurable).filter(layer -> !layer.isWorthless()));
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
    Map<String, Long> memberships = present(holders);
    Map<String, LayerRecord> known = new HashMap<>();
    stored.forEach((id, layer) -> known.put(id, layer.at(durablePlaces).record(id, memberships)));
    return known;
  }

  @Override
  public void learn(Collection<LayerRecord> learned) {
    Set<String> holders = new HashSet<>();
    Map<String, LayerRecord> batch = new HashMap<>();
    learned.forEach(layer -> holders.addAll(layer.holders()));
    Map<String, Long> memberships = present(holders);
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
        action.accept(layer.record(id, Map.of()));
      }
    });
  }

  @Override
  public void addHolders(Map<String, Long> incarnations) {
    workers.update(
        incarnations.keySet(),
        (id, before) -> {
          long incarnation = incarnations.get(id);
          Membership membership =
              before
                  .filter(
                      here -> here.incarnation() == incarnation && here.isPresent(cluster::isLive))
                  .orElseGet(() -> new Membership(random.nextLong(), incarnation, Set.of()));
          return Optional.of(membership.with(cluster.self()));
        });
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
    workers.update(
        List.of(workerId),
        (_, before) ->
            before.flatMap(here ->
                here.only(coordinator ->
                    !coordinator.equals(cluster.self()) && cluster.isLive(coordinator))));
  }

  @Override
  public List<LayerRecord> onlyAt(String workerId) {
    Map<String, Instant> needed = new HashMap<>();
    records.forEach((_, record) ->
        record
            .outputs()
            .values()
            .forEach(chain ->
                chain.layers().stream()
                    .filter(id -> !id.startsWith(TREE))
                    .forEach(id ->
                        needed.merge(
                            id,
                            record.createdAt(),
                            (one, other) -> one.isAfter(other) ? one : other))));
    List<LayerRecord> found = new ArrayList<>();
    List<String> ids = List.copyOf(needed.keySet());
    for (int from = 0; from < ids.size(); from += BATCH) {
      layers(ids.subList(from, Math.min(ids.size(), from + BATCH))).values().stream()
          .filter(layer ->
              layer.origin().isEmpty()
                  && layer.durable().isEmpty()
                  && layer.holders().equals(Set.of(workerId)))
          .forEach(found::add);
    }
    found.sort(
        Comparator.comparing((LayerRecord layer) -> needed.get(layer.id()))
            .reversed()
            .thenComparing(LayerRecord::id));
    return found;
  }

  @Override
  public Map<String, Set<String>> tenants() {
    Map<String, Set<String>> tenants = new HashMap<>();
    records.forEach((_, record) ->
        record
            .outputs()
            .values()
            .forEach(chain ->
                chain.layers().stream()
                    .filter(id -> id.startsWith(STEP))
                    .forEach(id ->
                        tenants.computeIfAbsent(id, _ -> new HashSet<>()).add(record.tenant()))));
    return tenants;
  }

  /** The workers among them that are in the farm, with the numbers of their memberships. */
  private Map<String, Long> present(Collection<String> workerIds) {
    Map<String, Long> numbers = new HashMap<>();
    workers
        .getAll(workerIds)
        .forEach((id, membership) -> {
          if (membership.isPresent(cluster::isLive)) {
            numbers.put(id, membership.number());
          }
        });
    return numbers;
  }

  /** Links of coordinators that are gone count nowhere; this only takes them out of the map. */
  private void forgetLinksOfTheDead(List<String> members) {
    boolean somebodyLeft = !members.containsAll(membersBefore);
    membersBefore = members;
    if (!somebodyLeft || !members.getFirst().equals(cluster.self())) {
      return;
    }
    workers.update(
        workers.keys(), (_, before) -> before.flatMap(here -> here.only(members::contains)));
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
                  : layer.withHolders(layer.present(present(layer.holders().keySet()))));
        });
  }
}
