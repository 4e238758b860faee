package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Map;
import java.util.Set;

/**
 * What a worker can do, as far as placement cares.
 *
 * @param slots stages at once, at least 1
 */
public record WorkerCapacity(
    String workerId,
    Set<Platform> nativePlatforms,
    Set<Platform> emulatedPlatforms,
    int slots,
    Map<String, String> labels) {
  public WorkerCapacity {
    if (slots < 1) {
      throw new IllegalArgumentException("worker " + workerId + " has " + slots + " slots");
    }
    nativePlatforms = Set.copyOf(nativePlatforms);
    emulatedPlatforms = Set.copyOf(emulatedPlatforms);
    labels = Map.copyOf(labels);
  }

  /** A worker without labels. */
  public WorkerCapacity(
      String workerId, Set<Platform> nativePlatforms, Set<Platform> emulatedPlatforms, int slots) {
    this(workerId, nativePlatforms, emulatedPlatforms, slots, Map.of());
  }
}
