package dev.slipway.mounts;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies what is in a directory that nobody changes into an empty one, with owners, modes, times
 * and links as they are; links are never followed. Owned by one thread.
 */
public final class DirectoryCopy implements AutoCloseable {
  private static final int BUFFER = 256 << 10;

  private final OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER);
  private final Directory target;

  /** Where a file with several names went first. */
  private final Map<Long, String> linked = new HashMap<>();

  private DirectoryCopy(Directory target) {
    this.target = target;
  }

  /** Copies; an interrupt ends it. */
  public static void copy(Path from, Path to) throws IOException {
    try (Directory in = Directory.open(from);
        Directory out = Directory.open(to);
        DirectoryCopy copy = new DirectoryCopy(out)) {
      copy.all(in, out, "");
      Status status = in.status();
      out.ownerAndMode(status.uid(), status.gid(), status.permissions());
      extended(in.pathOfSelf(), out.pathOfSelf());
      out.times(status.modified());
    }
  }

  private void all(Directory in, Directory out, String prefix) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("copy was interrupted");
    }
    for (String name : in.names()) {
      Status status = in.status(name);
      String path = prefix + name;
      switch (status.type()) {
        case Status.DIRECTORY -> {
          out.makeDirectory(name, 0700);
          try (Directory innerIn = in.enter(name);
              Directory innerOut = out.enter(name)) {
            all(innerIn, innerOut, path + "/");
          }
          attributes(in, out, name, status);
        }
        case Status.SYMLINK -> {
          out.makeSymlink(name, in.readLink(name));
          out.owner(name, status.uid(), status.gid());
          out.times(name, status.modified());
        }
        case Status.FIFO -> {
          out.makeNode(name, Status.FIFO | 0600, 0, 0);
          attributes(in, out, name, status);
        }
        case Status.REGULAR -> file(in, out, name, path, status);
        default -> {} // no device works in a user namespace, no socket outlives its process
      }
    }
  }

  private void file(Directory in, Directory out, String name, String path, Status status)
      throws IOException {
    if (status.links() > 1) {
      String first = linked.putIfAbsent(status.inode(), path);
      if (first != null) {
        int slash = first.lastIndexOf('/');
        try (Directory holder = target.resolve(slash < 0 ? "" : first.substring(0, slash))) {
          out.link(holder, first.substring(slash + 1), name);
        }
        return;
      }
    }
    try (OpenFile source = in.openFile(name);
        OpenFile file = out.create(name, 0600)) {
      file.copyFrom(source, buffer);
    }
    attributes(in, out, name, status);
  }

  private static void attributes(Directory in, Directory out, String name, Status status)
      throws IOException {
    out.owner(name, status.uid(), status.gid());
    out.mode(name, status.permissions());
    extended(in.pathOf(name), out.pathOf(name));
    out.times(name, status.modified());
  }

  private static void extended(String from, String to) throws LinuxException {
    for (Map.Entry<String, byte[]> attribute : ExtendedAttributes.all(from).entrySet()) {
      String name = attribute.getKey();
      boolean wanted =
          name.equals("security.capability")
              || (name.startsWith("user.") && !name.startsWith("user.overlay."));
      if (!wanted) {
        continue;
      }
      try {
        ExtendedAttributes.set(to, name, attribute.getValue());
      } catch (LinuxException e) {
        if (e.errno() != Errno.EPERM && e.errno() != Errno.EOPNOTSUPP) {
          throw e;
        }
      }
    }
  }

  @Override
  public void close() {
    buffer.close();
  }
}
