package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** What a directory weighs. */
public final class DiffSize {
  private DiffSize() {}

  /** Bytes of the regular files below, those with several names counted once. */
  public static long of(Path directory) throws IOException {
    try (Directory open = Directory.open(directory)) {
      return of(open, new HashSet<>());
    }
  }

  private static long of(Directory directory, Set<Long> seen) throws IOException {
    long size = 0;
    for (String name : directory.names()) {
      Status status = directory.status(name);
      if (status.isDirectory()) {
        try (Directory inner = directory.enter(name)) {
          size += of(inner, seen);
        }
      } else if (status.isRegular() && (status.links() == 1 || seen.add(status.inode()))) {
        size += status.size();
      }
    }
    return size;
  }
}
