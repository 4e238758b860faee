package dev.slipway.solve;

import dev.slipway.fleet.Fleet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What workers are told to keep for a build until it is over: results from the cache that it builds
 * on or exports, and results of its own steps. Said in batches, each layer once to each of its
 * holders. @ThreadSafe
 */
final class Holds {
  /** A layer that three workers keep survives two of them; all further copies are free to go. */
  private static final int MAX_HOLDERS = 3;

  private final String buildId;
  private final Fleet fleet;

  // Guarded by this.
  private final Map<String, Set<String>> said = new HashMap<>();
  private final Map<String, Set<String>> unsaid = new LinkedHashMap<>();

  Holds(String buildId, Fleet fleet) {
    this.buildId = buildId;
    this.fleet = fleet;
  }

  /** The worker that made them keeps the layers, from the next {@link #flush} on. */
  synchronized void keep(String worker, Collection<String> layers) {
    Set<String> before = said.computeIfAbsent(worker, _ -> new HashSet<>());
    for (String layer : layers) {
      if (before.add(layer)) {
        unsaid.computeIfAbsent(worker, _ -> new HashSet<>()).add(layer);
      }
    }
  }

  /** Some of the workers that hold it keep the layer, from the next {@link #flush} on. */
  synchronized void keep(Collection<String> holders, String layer) {
    holders.stream().sorted().limit(MAX_HOLDERS).forEach(worker -> keep(worker, Set.of(layer)));
  }

  /** Tells the workers, one message each. */
  synchronized void flush() {
    unsaid.forEach((worker, layers) -> fleet.hold(worker, buildId, layers));
    unsaid.clear();
  }

  /** The build is over. */
  synchronized void release() {
    if (!said.isEmpty()) {
      fleet.release(buildId);
    }
  }
}
