package dev.slipway.agent;

import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Hello;
import java.util.List;
import java.util.Map;

/**
 * What a worker says of itself.
 *
 * @param id stable over restarts
 * @param slots stages at once
 * @param blobUrl where peers reach its layers
 * @param memoryBytes of the machine or cgroup, 0 = unknown
 */
public record WorkerDescription(
    String id,
    String version,
    List<Platform> nativePlatforms,
    List<Platform> emulatedPlatforms,
    int slots,
    String blobUrl,
    Map<String, String> labels,
    long memoryBytes) {
  public WorkerDescription {
    nativePlatforms = List.copyOf(nativePlatforms);
    emulatedPlatforms = List.copyOf(emulatedPlatforms);
    labels = Map.copyOf(labels);
  }

  /**
   * @param incarnation of this process
   */
  Hello hello(long incarnation, List<HeldLayer> held, List<HeldMount> mounts) {
    return Hello.newBuilder()
        .setWorkerId(id)
        .setVersion(version)
        .addAllNativePlatforms(nativePlatforms.stream().map(LlbCodec::encodePlatform).toList())
        .addAllEmulatedPlatforms(emulatedPlatforms.stream().map(LlbCodec::encodePlatform).toList())
        .setSlots(slots)
        .setBlobUrl(blobUrl)
        .putAllLabels(labels)
        .addAllHeldLayers(held)
        .setIncarnation(incarnation)
        .setMemoryBytes(memoryBytes)
        .addAllHeldMounts(mounts)
        .build();
  }
}
