package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** What a directory weighs. */
public final class DiffSize {
  private DiffSize() {}

  /**
   * Bytes of the regular files below, those with several names counted once; what goes away
   * meanwhile is not counted.
   */
  public static long of(Path directory) throws IOException {
    try (Directory open = Directory.open(directory)) {
      return of(open, new HashSet<>());
    }
  }

  private static long of(Directory directory, Set<Long> seen) throws IOException {
    long size = 0;
    for (String name : directory.names()) {
      Optional<Status> found = directory.find(name);
      if (found.isEmpty()) {
        continue;
      }
      Status status = found.get();
      if (status.isDirectory()) {
        size += ofInner(directory, name, seen);
      } else if (status.isRegular() && (status.links() == 1 || seen.add(status.inode()))) {
        size += status.size();
      }
    }
    return size;
  }

  private static long ofInner(Directory directory, String name, Set<Long> seen) throws IOException {
    try (Directory inner = directory.enter(name)) {
      return of(inner, seen);
    } catch (LinuxException e) {
      return switch (e.errno()) {
        case ENOENT, ENOTDIR, ELOOP -> 0;
        default -> throw e;
      };
    }
  }
}
