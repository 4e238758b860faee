package dev.slipway.fleet;

import dev.slipway.oci.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A worker as the farm sees it.
 *
 * @param blobUrl of its server; with TLS it says by which name its peers know it, {@code
 *     https://NAME@host:port}
 * @param incarnation of its process: the same at all coordinators that it has joined
 * @param memoryBytes of its machine or cgroup, 0 = unknown
 */
public record WorkerNode(
    String id,
    String version,
    List<Platform> nativePlatforms,
    List<Platform> emulatedPlatforms,
    int slots,
    String blobUrl,
    Map<String, String> labels,
    Instant joinedAt,
    long incarnation,
    long memoryBytes) {
  public WorkerNode {
    nativePlatforms = List.copyOf(nativePlatforms);
    emulatedPlatforms = List.copyOf(emulatedPlatforms);
    labels = Map.copyOf(labels);
  }

  /** A worker that said nothing of its memory and process. */
  public WorkerNode(
      String id,
      String version,
      List<Platform> nativePlatforms,
      List<Platform> emulatedPlatforms,
      int slots,
      String blobUrl,
      Map<String, String> labels,
      Instant joinedAt) {
    this(id, version, nativePlatforms, emulatedPlatforms, slots, blobUrl, labels, joinedAt, 0, 0);
  }
}
