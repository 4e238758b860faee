package dev.slipway.diff;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.snapshot.OverlayMarks;
import dev.slipway.snapshot.Sameness;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down, in overlay form, what one tree has against another: what is new or different, and
 * whiteouts of what is gone. Laid over the lower tree it makes the upper one. Owned by one thread.
 */
public final class ChainDifference implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChainDifference.class);
  private static final int BUFFER = 256 << 10;

  private final Sameness sameness = new Sameness();
  private final OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER);
  private final Directory result;

  /** Where a file of the upper tree with several names went first. */
  private final Map<Long, Placed> placed = new HashMap<>();

  private record Placed(String directory, String name) {}

  private ChainDifference(Directory result) {
    this.result = result;
  }

  /**
   * Fills the empty directory; returns whether the trees differ at all.
   *
   * @throws InterruptedIOException when the thread was interrupted
   */
  public static boolean write(Path lower, Path upper, Path result) throws IOException {
    try (Directory below = Directory.open(lower);
        Directory above = Directory.open(upper);
        Directory out = Directory.open(result);
        ChainDifference difference = new ChainDifference(out)) {
      return difference.compare(below, above, out, "");
    }
  }

  /**
   * @param below null when the lower tree has no such directory
   */
  private boolean compare(@Nullable Directory below, Directory above, Directory out, String path)
      throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("comparison of two filesystems was interrupted");
    }
    boolean differs = false;
    Set<String> names = new HashSet<>();
    for (String name : above.names()) {
      names.add(name);
      Sameness.Entry entry = new Sameness.Entry(above, name, above.status(name));
      Sameness.Entry under =
          below == null
              ? null
              : below
                  .find(name)
                  .map(status -> new Sameness.Entry(below, name, status))
                  .orElse(null);
      differs |=
          entry.status().isDirectory()
              ? directory(entry, under, out, path)
              : other(entry, under, out, path);
    }
    if (below != null) {
      for (String name : below.names()) {
        if (!names.contains(name)) {
          OverlayMarks.whiteout(out, name);
          differs = true;
        }
      }
    }
    return differs;
  }

  private boolean directory(
      Sameness.Entry entry, Sameness.@Nullable Entry under, Directory out, String path)
      throws IOException {
    String name = entry.name();
    out.makeDirectory(name, 0700);
    boolean differs;
    boolean both = under != null && under.status().isDirectory();
    try (Directory above = entry.parent().enter(name);
        Directory inner = out.enter(name)) {
      if (both) {
        try (Directory below = under.parent().enter(name)) {
          differs = compare(below, above, inner, path + "/" + name);
        }
      } else {
        compare(null, above, inner, path + "/" + name);
        differs = true;
      }
    }
    if (!differs && sameness.isSame(entry, under)) {
      out.removeDirectory(name);
      return false;
    }
    attributes(entry, out);
    return true;
  }

  private boolean other(
      Sameness.Entry entry, Sameness.@Nullable Entry under, Directory out, String path)
      throws IOException {
    if (under != null && sameness.isSame(entry, under)) {
      return false;
    }
    String name = entry.name();
    Status status = entry.status();
    switch (status.type()) {
      case Status.REGULAR -> {
        if (!regular(entry, out, path)) {
          return true; // one more name of a file that has its attributes already
        }
      }
      case Status.SYMLINK -> out.makeSymlink(name, entry.parent().readLink(name));
      case Status.FIFO, Status.CHARACTER_DEVICE, Status.BLOCK_DEVICE -> {
        if (!node(entry, out)) {
          return false;
        }
      }
      default -> {
        return false; // a socket, which no layer has
      }
    }
    attributes(entry, out);
    return true;
  }

  /** Returns whether it is a file of its own. */
  private boolean regular(Sameness.Entry entry, Directory out, String path) throws IOException {
    String name = entry.name();
    if (entry.status().links() > 1) {
      Placed first = placed.putIfAbsent(entry.status().inode(), new Placed(path, name));
      if (first != null) {
        try (Directory directory =
            result.resolve(first.directory().isEmpty() ? "/" : first.directory())) {
          out.link(directory, first.name(), name);
        }
        return false;
      }
    }
    try (OpenFile in = entry.parent().openFile(name);
        OpenFile file = out.create(name, 0600)) {
      file.copyFrom(in, buffer);
    }
    return true;
  }

  private static boolean node(Sameness.Entry entry, Directory out) throws LinuxException {
    Status status = entry.status();
    try {
      out.makeNode(entry.name(), status.type() | 0600, status.deviceMajor(), status.deviceMinor());
      return true;
    } catch (LinuxException e) {
      if (e.errno() != Errno.EPERM) {
        throw e;
      }
      LOG.atWarn()
          .addKeyValue("name", entry.name())
          .log("device node left out of a difference, not permitted in a user namespace");
      return false;
    }
  }

  private static void attributes(Sameness.Entry entry, Directory out) throws LinuxException {
    Status status = entry.status();
    String name = entry.name();
    out.owner(name, status.uid(), status.gid());
    if (!status.isSymlink()) {
      out.mode(name, status.permissions());
      String from = entry.parent().pathOf(name);
      for (Map.Entry<String, byte[]> attribute : ExtendedAttributes.all(from).entrySet()) {
        if (!attribute.getKey().startsWith(OverlayMarks.PREFIX)
            && !attribute.getKey().startsWith("trusted.")) {
          set(out.pathOf(name), attribute);
        }
      }
    }
    out.times(name, status.modified());
  }

  /** As far as the filesystem takes it. */
  private static void set(String path, Map.Entry<String, byte[]> attribute) throws LinuxException {
    try {
      ExtendedAttributes.set(path, attribute.getKey(), attribute.getValue());
    } catch (LinuxException e) {
      if (e.errno() != Errno.EPERM && e.errno() != Errno.EOPNOTSUPP && e.errno() != Errno.EACCES) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    sameness.close();
    buffer.close();
  }
}
