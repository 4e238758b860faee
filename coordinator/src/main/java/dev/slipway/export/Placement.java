package dev.slipway.export;

import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/**
 * Which worker makes and pushes which layers: as few workers as possible, each with what it holds.
 * Pure.
 */
final class Placement {
  private Placement() {}

  /**
   * Returns the layers by worker, in the given order. A layer that nobody holds and that has
   * another origin (a registry, the client's layout, the coordinator) goes to a worker that is busy
   * with this anyway.
   *
   * @param workers that may be asked
   * @throws SlipwayException UNAVAILABLE when a layer's bytes are gone, or nobody is there
   */
  static Map<String, List<String>> of(
      Collection<String> layers, Map<String, LayerRecord> known, SortedSet<String> workers)
      throws SlipwayException {
    if (workers.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "no worker is there to export the layers: start one, or wait until one has joined");
    }
    Set<String> left = new LinkedHashSet<>(layers);
    Map<String, List<String>> placed = new LinkedHashMap<>();
    while (!left.isEmpty()) {
      String best = best(left, known, workers);
      List<String> held = left.stream().filter(layer -> holds(best, known.get(layer))).toList();
      if (held.isEmpty()) {
        break;
      }
      placed.put(best, new ArrayList<>(held));
      held.forEach(left::remove);
    }
    for (String layer : left) {
      if (!hasOtherOrigin(layer, known.get(layer))) {
        throw new SlipwayException(
            ErrorKind.UNAVAILABLE, "no worker holds layer " + layer + " any more: build again");
      }
      String worker = placed.isEmpty() ? workers.first() : placed.keySet().iterator().next();
      placed.computeIfAbsent(worker, _ -> new ArrayList<>()).add(layer);
    }
    return placed;
  }

  private static String best(
      Set<String> left, Map<String, LayerRecord> known, SortedSet<String> workers) {
    String best = workers.first();
    long most = -1;
    for (String worker : workers) {
      long count = left.stream().filter(layer -> holds(worker, known.get(layer))).count();
      if (count > most) {
        most = count;
        best = worker;
      }
    }
    return best;
  }

  private static boolean holds(String worker, LayerRecord record) {
    return record != null && record.holders().contains(worker);
  }

  private static boolean hasOtherOrigin(String layer, LayerRecord record) {
    boolean ofLayout = layer.startsWith("chain:") && record != null && record.blob().isPresent();
    return layer.startsWith("tree:")
        || ofLayout
        || record != null && (record.origin().isPresent() || !record.durable().isEmpty());
  }
}
