package dev.slipway.snapshot;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * Files that several layers have, because a copy on one disk is one more name: their bytes count
 * for the oldest of the layers, and for the next one when that goes. Layers by number. Guarded by
 * the store.
 */
final class SharedFiles {
  private final Map<Long, Shared> byInode = new HashMap<>();
  private final Map<Long, Set<Long>> byLayer = new HashMap<>();

  /** Bytes in a layer that count for another. */
  private final Map<Long, Long> elsewhere = new HashMap<>();

  /**
   * A file with a name outside of the layer.
   *
   * @param origin number of the layer that it was linked from
   */
  record File(long inode, long size, long origin) {}

  private record Shared(long size, TreeSet<Long> layers) {}

  /**
   * A layer came.
   *
   * @param isHere whether a layer of that number is in the store
   */
  void add(long layer, Collection<File> files, LongPredicate isHere) {
    for (File file : files) {
      if (isHere.test(file.origin())) {
        put(file, file.origin());
      }
      put(file, layer);
    }
  }

  private void put(File file, long layer) {
    Shared shared =
        byInode.computeIfAbsent(file.inode(), _ -> new Shared(file.size(), new TreeSet<>()));
    Long before = shared.layers().isEmpty() ? null : shared.layers().first();
    if (!shared.layers().add(layer)) {
      return;
    }
    byLayer.computeIfAbsent(layer, _ -> new HashSet<>()).add(file.inode());
    if (before == null) {
      return;
    }
    // The older of the two is charged, whichever came first.
    elsewhere.merge(Math.max(before, layer), shared.size(), Long::sum);
  }

  /** Bytes in the layer that count for another. */
  long elsewhere(long layer) {
    return elsewhere.getOrDefault(layer, 0L);
  }

  /** A layer goes; returns the bytes that count for others from now on. */
  long remove(long layer) {
    Set<Long> inodes = byLayer.remove(layer);
    elsewhere.remove(layer);
    long passedOn = 0;
    for (Long inode : inodes == null ? Set.<Long>of() : inodes) {
      Shared shared = byInode.get(inode);
      boolean counted = shared.layers().first() == layer;
      shared.layers().remove(layer);
      if (shared.layers().isEmpty()) {
        byInode.remove(inode);
      } else if (counted) {
        elsewhere.merge(shared.layers().first(), -shared.size(), Long::sum);
        passedOn += shared.size();
      }
    }
    return passedOn;
  }
}
