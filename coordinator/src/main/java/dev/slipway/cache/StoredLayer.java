package dev.slipway.cache;

import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.cache.LayerRecord.Origin;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;

/**
 * A layer as the cluster's map keeps it.
 *
 * @param holders worker id to the number of the membership in which it held the layer; of another
 *     membership = holds it no more
 * @param createdAt the first one learnt
 */
record StoredLayer(
    long size,
    Optional<Blob> blob,
    Optional<Origin> origin,
    Map<String, Long> holders,
    Optional<Instant> createdAt) {
  static final StoredLayer UNKNOWN =
      new StoredLayer(0, Optional.empty(), Optional.empty(), Map.of(), Optional.empty());

  StoredLayer {
    holders = Map.copyOf(holders);
  }

  /** Adds what the record knows. @param memberships present memberships of its holders */
  StoredLayer learn(LayerRecord record, Map<String, Long> memberships) {
    Map<String, Long> all = new HashMap<>(holders);
    for (String holder : record.holders()) {
      if (memberships.containsKey(holder)) {
        all.put(holder, memberships.get(holder));
      }
    }
    return new StoredLayer(
        record.size() > 0 ? record.size() : size,
        record.blob().or(() -> blob),
        record.origin().or(() -> origin),
        all,
        createdAt.or(record::createdAt));
  }

  StoredLayer without(String workerId) {
    Map<String, Long> rest = new HashMap<>(holders);
    rest.remove(workerId);
    return new StoredLayer(size, blob, origin, rest, createdAt);
  }

  StoredLayer withHolders(Map<String, Long> present) {
    return new StoredLayer(size, blob, origin, present, createdAt);
  }

  /** Whether nothing is known that would be missed: no bytes anywhere, no digest. */
  boolean isWorthless() {
    return blob.isEmpty() && origin.isEmpty() && holders.isEmpty();
  }

  /** What others may know. @param memberships the present ones */
  LayerRecord record(String id, Map<String, Long> memberships) {
    return new LayerRecord(id, size, blob, origin, present(memberships).keySet(), createdAt);
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
