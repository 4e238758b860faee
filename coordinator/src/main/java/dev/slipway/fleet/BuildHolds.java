package dev.slipway.fleet;

import dev.slipway.protocol.worker.HoldLayers;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What workers were told to keep for the builds that run here. A worker forgets it with its link,
 * and is told again when it comes back. @ThreadSafe
 */
final class BuildHolds {
  /** Layers by worker and build; guarded by this. */
  private final Map<String, Map<String, Set<String>>> held = new HashMap<>();

  synchronized void add(String workerId, String buildId, Collection<String> layerIds) {
    held.computeIfAbsent(workerId, _ -> new HashMap<>())
        .computeIfAbsent(buildId, _ -> new HashSet<>())
        .addAll(layerIds);
  }

  /** The build is over. */
  synchronized void drop(String buildId) {
    held.values().forEach(builds -> builds.remove(buildId));
    held.values().removeIf(Map::isEmpty);
  }

  /** What that worker is to keep, a message for each build. */
  synchronized List<HoldLayers> of(String workerId) {
    return held.getOrDefault(workerId, Map.of()).entrySet().stream()
        .map(build ->
            HoldLayers.newBuilder()
                .setBuildId(build.getKey())
                .addAllLayerIds(build.getValue())
                .build())
        .toList();
  }
}
