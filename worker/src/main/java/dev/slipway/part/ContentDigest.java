package dev.slipway.part;

import dev.slipway.diff.LayerEntry;
import dev.slipway.fileops.PathSelection;
import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.Names;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.PathSelector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A digest of what selectors name: paths, types, permissions, owners, contents, links' targets,
 * devices and extended attributes. No times, and nothing of the directories that only lead there; a
 * file with several names counts as several files. Equal digests mean that nobody who reads only
 * these paths can tell the two filesystems apart but by times. Fields are framed by their lengths.
 */
final class ContentDigest {
  private static final String VERSION = "slipway.content.v1";
  private static final int BUFFER = 256 << 10;

  private final MessageDigest hash = Digest.sha256();
  private final byte[] block = new byte[BUFFER];

  private ContentDigest() {}

  /** Reads everything that is selected; an interrupt ends it with an IOException. */
  static Digest of(Path mountedRoot, List<PathSelector> selectors) throws IOException {
    ContentDigest digest = new ContentDigest();
    digest.text(VERSION);
    try (Directory root = Directory.open(mountedRoot);
        OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER)) {
      PathSelection.of(root, selectors)
          .walk(
              root,
              (entry, role) -> {
                if (role == PathSelection.Role.CONTENT) {
                  digest.entry(entry, buffer);
                }
              });
    }
    return Digest.ofHash(digest.hash.digest());
  }

  private void entry(LayerEntry.Present entry, OpenFile.Buffer buffer) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new java.io.InterruptedIOException("digest was interrupted");
    }
    Status status = entry.status();
    text(entry.path());
    number(status.type());
    number(status.isSymlink() ? 0 : status.permissions());
    number(Integer.toUnsignedLong(status.uid()));
    number(Integer.toUnsignedLong(status.gid()));
    switch (status.type()) {
      case Status.SYMLINK -> text(entry.parent().readLink(entry.name()));
      case Status.CHARACTER_DEVICE, Status.BLOCK_DEVICE -> {
        number(status.deviceMajor());
        number(status.deviceMinor());
      }
      case Status.REGULAR -> content(entry, buffer);
      default -> {}
    }
    if (!status.isSymlink()) {
      attributes(entry);
    }
  }

  private void content(LayerEntry.Present entry, OpenFile.Buffer buffer) throws IOException {
    number(entry.status().size());
    long left = entry.status().size();
    if (left == 0) {
      return;
    }
    try (OpenFile file = entry.parent().openFile(entry.name())) {
      while (left > 0) {
        int count = file.read(buffer, block, 0, (int) Math.min(left, block.length));
        if (count == 0) {
          throw new IOException(entry.path() + " became shorter while it was read");
        }
        hash.update(block, 0, count);
        left -= count;
      }
    }
  }

  /** Those that a layer keeps: others do not outlive a transfer. */
  private void attributes(LayerEntry.Present entry) throws IOException {
    Map<String, byte[]> kept = new TreeMap<>();
    if (entry.status().isRegular()) {
      ExtendedAttributes.get(entry.parent().pathOf(entry.name()), "security.capability")
          .ifPresent(value -> kept.put("security.capability", value));
    }
    number(kept.size());
    kept.forEach((name, value) -> {
      text(name);
      number(value.length);
      hash.update(value);
    });
  }

  private void text(String text) {
    byte[] bytes = Names.encode(text);
    number(bytes.length);
    hash.update(bytes);
  }

  private void number(long number) {
    hash.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
  }
}
