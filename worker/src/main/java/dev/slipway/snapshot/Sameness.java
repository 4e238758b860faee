package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether two entries are the same, so that a layer need not say it: type, mode, owner, extended
 * attributes, and of what is no directory size, time, content too. A directory's time changes
 * whenever something in it does, and says nothing of its own. Owned by one thread.
 */
public final class Sameness implements AutoCloseable {
  private static final int BUFFER = 64 << 10;

  private final OpenFile.Buffer one = new OpenFile.Buffer(BUFFER);
  private final OpenFile.Buffer other = new OpenFile.Buffer(BUFFER);

  /** An entry of a directory. */
  public record Entry(Directory parent, String name, Status status) {}

  /** Compares; content is read only when all else is equal. */
  public boolean isSame(Entry first, Entry second) throws LinuxException {
    Status a = first.status();
    Status b = second.status();
    if (a.mode() != b.mode() || a.uid() != b.uid() || a.gid() != b.gid()) {
      return false;
    }
    if (!a.isDirectory()) {
      boolean alike =
          a.modified() == b.modified()
              && a.deviceMajor() == b.deviceMajor()
              && a.deviceMinor() == b.deviceMinor()
              && (!a.isRegular() || a.size() == b.size());
      if (!alike || a.isSymlink() && !link(first).equals(link(second))) {
        return false;
      }
    }
    if (!a.isSymlink() && !attributes(first).equals(attributes(second))) {
      return false;
    }
    return !a.isRegular() || sameContent(first, second);
  }

  private static String link(Entry entry) throws LinuxException {
    return entry.parent().readLink(entry.name());
  }

  private static Map<String, ByteBuffer> attributes(Entry entry) throws LinuxException {
    Map<String, ByteBuffer> attributes = new TreeMap<>();
    ExtendedAttributes.all(entry.parent().pathOf(entry.name()))
        .forEach((name, value) -> {
          if (!name.startsWith(OverlayMarks.PREFIX)) {
            attributes.put(name, ByteBuffer.wrap(value));
          }
        });
    return attributes;
  }

  private boolean sameContent(Entry first, Entry second) throws LinuxException {
    byte[] left = new byte[BUFFER];
    byte[] right = new byte[BUFFER];
    try (OpenFile a = first.parent().openFile(first.name());
        OpenFile b = second.parent().openFile(second.name())) {
      while (true) {
        int read = a.read(one, left, 0, BUFFER);
        int filled = 0;
        while (filled < read) {
          int count = b.read(other, right, filled, read - filled);
          if (count == 0) {
            return false;
          }
          filled += count;
        }
        if (read == 0) {
          return b.read(other, right, 0, 1) == 0;
        }
        if (!Arrays.equals(left, 0, read, right, 0, read)) {
          return false;
        }
      }
    }
  }

  @Override
  public void close() {
    one.close();
    other.close();
  }
}
