package dev.slipway.cache;

import dev.slipway.oci.Digest;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of a layer.
 *
 * @param size bytes on a worker's disk, 0 = unknown
 * @param blob its compressed form, once one was made or seen in a registry
 * @param origin where a registry has it; present for image layers
 * @param holders ids of the workers that hold it
 */
public record LayerRecord(String id, long size, Optional<Blob> blob, Optional<Origin> origin, Set<String> holders) {
  public LayerRecord {
    holders = Set.copyOf(holders);
  }

  /** A compressed layer. */
  public record Blob(Digest diffId, Digest digest, long size, String mediaType) {}

  /** The repository that an image layer was found in: {@code docker.io/library/alpine}. */
  public record Origin(String repository) {}
}
