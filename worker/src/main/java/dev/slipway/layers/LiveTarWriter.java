package dev.slipway.layers;

import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.tar.TarHeaders;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a directory as a tar while others may change it: what goes away is left out, a file that
 * becomes shorter is filled up with zeros, one that grows is cut. Links are never followed. Device
 * nodes and sockets are left out; nobody can make devices in a user namespace. @ThreadSafe
 */
public final class LiveTarWriter {
  private static final int BUFFER = 256 << 10;
  private static final String CAPABILITY = "security.capability";
  private static final String XATTR_RECORD = "SCHILY.xattr.";

  /** Two blocks of zeros end a tar. */
  private static final int END = 2 * TarHeaders.BLOCK;

  /** Writes the tar, the directory itself as {@code ./}. The stream is flushed, not closed. */
  public void write(Path directory, OutputStream out) throws IOException {
    try (OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER);
        Directory root = Directory.open(directory)) {
      Writing writing = new Writing(out, buffer);
      writing.header('5', "./", "", root.status(), 0, Map.of());
      writing.all(root, "");
      out.write(new byte[END]);
      out.flush();
    }
  }

  /** The state of one tar. */
  private static final class Writing {
    private final OutputStream out;
    private final OpenFile.Buffer buffer;
    private final byte[] bytes = new byte[BUFFER];
    private final Map<Long, String> linked = new HashMap<>();

    Writing(OutputStream out, OpenFile.Buffer buffer) {
      this.out = out;
      this.buffer = buffer;
    }

    void all(Directory directory, String prefix) throws IOException {
      for (String name : directory.names()) {
        Optional<Status> status = directory.find(name);
        if (status.isPresent()) {
          entry(directory, name, prefix + name, status.get());
        }
      }
    }

    private void entry(Directory parent, String name, String path, Status status)
        throws IOException {
      switch (status.type()) {
        case Status.DIRECTORY -> {
          try (Directory inner = parent.enter(name)) {
            header('5', path + "/", "", status, 0, Map.of());
            all(inner, path + "/");
          } catch (LinuxException e) {
            leaveOut(e);
          }
        }
        case Status.SYMLINK -> {
          String target;
          try {
            target = parent.readLink(name);
          } catch (LinuxException e) {
            leaveOut(e);
            return;
          }
          header('2', path, target, status, 0, Map.of());
        }
        case Status.FIFO -> header('6', path, "", status, 0, Map.of());
        case Status.REGULAR -> file(parent, name, path);
        default -> {}
      }
    }

    private void file(Directory parent, String name, String path) throws IOException {
      OpenFile file;
      try {
        file = parent.openFile(name);
      } catch (LinuxException e) {
        leaveOut(e);
        return;
      }
      try (file) {
        Status status = file.status();
        if (!status.isRegular()) {
          return;
        }
        if (status.links() > 1) {
          String first = linked.putIfAbsent(status.inode(), path);
          if (first != null) {
            header('1', path, first, status, 0, Map.of());
            return;
          }
        }
        header('0', path, "", status, status.size(), attributes(parent, name));
        contents(file, status.size());
      }
    }

    private void contents(OpenFile file, long size) throws IOException {
      long left = size;
      while (left > 0) {
        int count = file.read(buffer, bytes, 0, (int) Math.min(left, bytes.length));
        if (count == 0) {
          break;
        }
        out.write(bytes, 0, count);
        left -= count;
      }
      zeros(left + TarHeaders.padding(size));
    }

    private void zeros(long count) throws IOException {
      byte[] none = new byte[(int) Math.min(count, BUFFER)];
      for (long left = count; left > 0; left -= none.length) {
        out.write(none, 0, (int) Math.min(left, none.length));
      }
    }

    /** As far as the entry is still what it was. */
    private static Map<String, byte[]> attributes(Directory parent, String name) {
      try {
        return ExtendedAttributes.get(parent.pathOf(name), CAPABILITY)
            .map(value -> Map.of(XATTR_RECORD + CAPABILITY, value))
            .orElse(Map.of());
      } catch (LinuxException _) {
        return Map.of();
      }
    }

    void header(
        char type,
        String path,
        String link,
        Status status,
        long size,
        Map<String, byte[]> attributes)
        throws IOException {
      out.write(
          TarHeaders.of(
              new TarHeaders.Entry(
                  type,
                  path,
                  link,
                  status.permissions(),
                  Integer.toUnsignedLong(status.uid()),
                  Integer.toUnsignedLong(status.gid()),
                  size,
                  status.modified(),
                  0,
                  0,
                  attributes)));
    }

    /** What somebody removed or replaced meanwhile is no failure. */
    private static void leaveOut(LinuxException e) throws LinuxException {
      switch (e.errno()) {
        case ENOENT, ENOTDIR, ELOOP, EINVAL, ESTALE -> {}
        default -> throw e;
      }
    }
  }
}
