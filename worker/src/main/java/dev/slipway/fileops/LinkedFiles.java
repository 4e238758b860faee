package dev.slipway.fileops;

import dev.slipway.linux.Status;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The files of other layers that were linked into the new one. A second copy of the same file gets
 * bytes of its own: in a layer, two names of one file mean a hard link.
 */
final class LinkedFiles {
  private final Map<Key, Path> linked = new HashMap<>();

  private record Key(long device, long inode) {}

  /**
   * Whether the file may be linked now; from then on it may not.
   *
   * @param layer directory of the layer that has it
   */
  boolean claim(Status status, Path layer) {
    return linked.putIfAbsent(new Key(status.device(), status.inode()), layer) == null;
  }

  /** Where files were linked from, by inode; all are on the store's disk. */
  Map<Long, Path> origins() {
    Map<Long, Path> origins = new HashMap<>();
    linked.forEach((key, layer) -> origins.put(key.inode(), layer));
    return origins;
  }
}
