package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What a directory weighs.
 *
 * @param bytes of the regular files below, those with several names counted once
 * @param linked sizes of those that have a name elsewhere too, by inode
 */
public record DiffSize(long bytes, Map<Long, Long> linked) {
  public DiffSize {
    linked = Map.copyOf(linked);
  }

  private static final class Names {
    final Status status;
    long seen = 1;

    Names(Status status) {
      this.status = status;
    }
  }

  /** Bytes of the regular files below. */
  public static long of(Path directory) throws IOException {
    return measure(directory).bytes();
  }

  static DiffSize measure(Path directory) throws IOException {
    Map<Long, Names> several = new HashMap<>();
    long bytes;
    try (Directory open = Directory.open(directory)) {
      bytes = measure(open, several);
    }
    Map<Long, Long> linked = new HashMap<>();
    several.forEach((inode, names) -> {
      if (names.status.links() > names.seen) {
        linked.put(inode, names.status.size());
      }
    });
    return new DiffSize(bytes, linked);
  }

  private static long measure(Directory directory, Map<Long, Names> several) throws IOException {
    long size = 0;
    for (String name : directory.names()) {
      Status status = directory.status(name);
      if (status.isDirectory()) {
        try (Directory inner = directory.enter(name)) {
          size += measure(inner, several);
        }
      } else if (status.isRegular()) {
        Names known = status.links() == 1 ? null : several.get(status.inode());
        if (known != null) {
          known.seen++;
          continue;
        }
        size += status.size();
        if (status.links() > 1) {
          several.put(status.inode(), new Names(status));
        }
      }
    }
    return size;
  }
}
