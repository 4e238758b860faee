package dev.slipway.snapshot;

import dev.slipway.oci.Digest;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which layers have the compressed form of a digest. Guarded by its owner. */
final class BlobIndex {
  private final Map<Digest, Set<String>> layerIds = new HashMap<>();

  void add(StoredLayer layer) {
    layer
        .blob()
        .ifPresent(blob ->
            layerIds.computeIfAbsent(blob.digest(), _ -> new LinkedHashSet<>()).add(layer.id()));
  }

  void remove(StoredLayer layer) {
    layer
        .blob()
        .ifPresent(blob ->
            layerIds.computeIfPresent(
                blob.digest(),
                (_, ids) -> {
                  ids.remove(layer.id());
                  return ids.isEmpty() ? null : ids;
                }));
  }

  /** The id of a layer that has it. */
  Optional<String> find(Digest digest) {
    return layerIds.getOrDefault(digest, Set.of()).stream().findFirst();
  }
}
