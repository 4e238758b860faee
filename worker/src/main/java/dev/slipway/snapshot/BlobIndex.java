package dev.slipway.snapshot;

import dev.slipway.oci.Digest;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Which layers have the packed form of a digest. Guarded by its owner. */
final class BlobIndex {
  private final Map<Digest, Set<String>> layerIds = new HashMap<>();

  void add(StoredLayer layer) {
    digests(layer)
        .forEach(
            digest -> layerIds.computeIfAbsent(digest, _ -> new LinkedHashSet<>()).add(layer.id()));
  }

  void remove(StoredLayer layer) {
    digests(layer)
        .forEach(digest ->
            layerIds.computeIfPresent(
                digest,
                (_, ids) -> {
                  ids.remove(layer.id());
                  return ids.isEmpty() ? null : ids;
                }));
  }

  private static Stream<Digest> digests(StoredLayer layer) {
    return Stream.concat(
            layer.blob().stream(), layer.variants().values().stream().map(StoredVariant::blob))
        .map(StoredBlob::digest)
        .distinct();
  }

  /** The id of a layer that has it. */
  Optional<String> find(Digest digest) {
    return layerIds.getOrDefault(digest, Set.of()).stream().findFirst();
  }
}
