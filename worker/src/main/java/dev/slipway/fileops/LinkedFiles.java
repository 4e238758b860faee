package dev.slipway.fileops;

import dev.slipway.linux.Status;
import java.util.HashSet;
import java.util.Set;

/**
 * The files of other layers that were linked into the new one. A second copy of the same file gets
 * bytes of its own: in a layer, two names of one file mean a hard link.
 */
final class LinkedFiles {
  private final Set<Key> linked = new HashSet<>();

  private record Key(long device, long inode) {}

  /** Whether the file may be linked now; from then on it may not. */
  boolean claim(Status status) {
    return linked.add(new Key(status.device(), status.inode()));
  }
}
