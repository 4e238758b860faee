package dev.slipway.cache;

import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of a layer.
 *
 * @param size bytes on a worker's disk, 0 = unknown
 * @param blob its compressed form, once one was made or seen in a registry
 * @param origin where a registry has it; present for image layers
 * @param holders ids of the workers that hold it
 * @param createdAt when it was first part of an image; the same from then on, so that an image made
 *     again has the same digest
 * @param durable places that have its blob whatever becomes of the workers: {@code
 *     registry:<repository>} or {@code directory:<path>}
 */
public record LayerRecord(
    String id,
    long size,
    Optional<Blob> blob,
    Optional<Origin> origin,
    Set<String> holders,
    Optional<Instant> createdAt,
    Set<String> durable) {
  public LayerRecord {
    holders = Set.copyOf(holders);
    durable = Set.copyOf(durable);
  }

  public LayerRecord(
      String id,
      long size,
      Optional<Blob> blob,
      Optional<Origin> origin,
      Set<String> holders,
      Optional<Instant> createdAt) {
    this(id, size, blob, origin, holders, createdAt, Set.of());
  }

  public LayerRecord(
      String id, long size, Optional<Blob> blob, Optional<Origin> origin, Set<String> holders) {
    this(id, size, blob, origin, holders, Optional.empty());
  }

  /** Whether its bytes can be had from somewhere. */
  public boolean isAvailable() {
    return origin.isPresent() || !holders.isEmpty() || !durable.isEmpty();
  }

  /** A compressed layer. */
  public record Blob(Digest diffId, Digest digest, long size, String mediaType) {}

  /** The repository that an image layer was found in: {@code docker.io/library/alpine}. */
  public record Origin(String repository) {}
}
