package dev.slipway.cache;

import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.cache.LayerRecord.Origin;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A layer as the cluster's map keeps it.
 *
 * @param holders worker id to the number of the membership in which it held the layer; of another
 *     membership = holds it no more
 * @param createdAt the first one learnt
 * @param durable see {@link LayerRecord}
 */
record StoredLayer(
    long size,
    Optional<Blob> blob,
    Optional<Origin> origin,
    Map<String, Long> holders,
    Optional<Instant> createdAt,
    Set<String> durable) {
  static final StoredLayer UNKNOWN =
      new StoredLayer(0, Optional.empty(), Optional.empty(), Map.of(), Optional.empty(), Set.of());

  StoredLayer {
    holders = Map.copyOf(holders);
    durable = Set.copyOf(durable);
  }

  /** Adds what the record knows. @param memberships present memberships of its holders */
  StoredLayer learn(LayerRecord record, Map<String, Long> memberships) {
    Map<String, Long> all = new HashMap<>(holders);
    for (String holder : record.holders()) {
      if (memberships.containsKey(holder)) {
        all.put(holder, memberships.get(holder));
      }
    }
    Set<String> places = new HashSet<>(durable);
    places.addAll(record.durable());
    return new StoredLayer(
        record.size() > 0 ? record.size() : size,
        record.blob().or(() -> blob),
        record.origin().or(() -> origin),
        all,
        createdAt.or(record::createdAt),
        places);
  }

  StoredLayer without(String workerId) {
    Map<String, Long> rest = new HashMap<>(holders);
    rest.remove(workerId);
    return new StoredLayer(size, blob, origin, rest, createdAt, durable);
  }

  StoredLayer withHolders(Map<String, Long> present) {
    return new StoredLayer(size, blob, origin, present, createdAt, durable);
  }

  /** Leaves out durable places that are not in use. */
  StoredLayer at(Set<String> places) {
    if (places.containsAll(durable)) {
      return this;
    }
    Set<String> used = new HashSet<>(durable);
    used.retainAll(places);
    return new StoredLayer(size, blob, origin, holders, createdAt, used);
  }

  StoredLayer withoutDurable() {
    return new StoredLayer(size, blob, origin, holders, createdAt, Set.of());
  }

  /** Whether nothing is known that would be missed: no bytes anywhere, no digest. */
  boolean isWorthless() {
    return blob.isEmpty() && origin.isEmpty() && holders.isEmpty();
  }

  /** What others may know. @param memberships the present ones */
  LayerRecord record(String id, Map<String, Long> memberships) {
    return new LayerRecord(
        id, size, blob, origin, present(memberships).keySet(), createdAt, durable);
  }

  /** The holders that are still in the membership in which they held the layer. */
  Map<String, Long> present(Map<String, Long> memberships) {
    Map<String, Long> present = new HashMap<>(holders);
    new HashSet<>(holders.entrySet())
        .forEach(holder -> {
          if (!holder.getValue().equals(memberships.get(holder.getKey()))) {
            present.remove(holder.getKey());
          }
        });
    return present;
  }
}
