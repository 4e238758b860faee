package dev.slipway.fleet;

import dev.slipway.oci.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A worker as the farm sees it. */
public record WorkerNode(
    String id,
    String version,
    List<Platform> nativePlatforms,
    List<Platform> emulatedPlatforms,
    int slots,
    String blobUrl,
    Map<String, String> labels,
    Instant joinedAt) {
  public WorkerNode {
    nativePlatforms = List.copyOf(nativePlatforms);
    emulatedPlatforms = List.copyOf(emulatedPlatforms);
    labels = Map.copyOf(labels);
  }
}
