package dev.slipway.fileops;

import com.github.luben.zstd.ZstdInputStream;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.BoundedTar;
import dev.slipway.layers.LayerLimits;
import dev.slipway.layers.LimitExceeded;
import dev.slipway.layers.PaxTap;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** Unpacks tar archives, plain or compressed, told by their content, never by their names. */
final class Archives {
  private static final int BUFFER = 256 << 10;
  private static final int BLOCK = 512;

  private static final int XZ_MEMORY_KIB = 256 << 10;

  private Archives() {}

  /**
   * Unpacks the file below the copy's destination when it is an archive; false when it is none.
   *
   * @throws SlipwayException INVALID when it is malformed or exceeds a limit
   */
  static boolean unpack(
      Directory sourceRoot, String path, Directory root, Attributes attributes, LayerLimits limits)
      throws SlipwayException, IOException {
    try (OpenFile file = sourceRoot.resolveFile(path);
        OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER)) {
      BufferedInputStream content =
          new BufferedInputStream(decompressed(new FileStream(file, buffer)), BUFFER);
      content.mark(BLOCK);
      byte[] first;
      try {
        first = content.readNBytes(BLOCK);
      } catch (IOException _) {
        return false;
      }
      boolean tar = first.length == BLOCK && first[0] != 0 && TarUtils.verifyCheckSum(first);
      if (!tar) {
        return false;
      }
      content.reset();
      String destination = RootPaths.clean(attributes.copy().destination());
      RootPaths.makeAll(
              root,
              destination,
              new RootPaths.NewDirectory(
                  0755, attributes.owner().orElse(Owners.Ids.ROOT), attributes.copy().timestamp()))
          .close();
      try (Directory into = root.resolve(destination)) {
        new Unpacking(into, attributes, limits).run(content);
      } catch (LimitExceeded e) {
        throw new SlipwayException(
            ErrorKind.INVALID, "archive " + path + " was refused: " + e.getMessage(), e);
      } catch (IllegalArgumentException e) {
        throw new SlipwayException(
            ErrorKind.INVALID, "archive " + path + " cannot be unpacked: " + e.getMessage(), e);
      }
      return true;
    }
  }

  private static InputStream decompressed(InputStream raw) throws IOException {
    BufferedInputStream in = new BufferedInputStream(raw, BUFFER);
    in.mark(6);
    byte[] magic = in.readNBytes(6);
    in.reset();
    try {
      if (starts(magic, 0x1f, 0x8b)) {
        return GzipCompressorInputStream.builder()
            .setInputStream(in)
            .setDecompressConcatenated(true)
            .get();
      }
      if (starts(magic, 'B', 'Z', 'h')) {
        return new BZip2CompressorInputStream(in, true);
      }
      if (starts(magic, 0xfd, '7', 'z', 'X', 'Z', 0)) {
        return new XZCompressorInputStream(in, true, XZ_MEMORY_KIB);
      }
      if (starts(magic, 0x28, 0xb5, 0x2f, 0xfd)) {
        return new ZstdInputStream(in);
      }
    } catch (IOException _) {
      // Looks compressed and is not: copied as it is.
      return InputStream.nullInputStream();
    }
    return in;
  }

  private static boolean starts(byte[] bytes, int... magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  private static final class FileStream extends InputStream {
    private final OpenFile file;
    private final OpenFile.Buffer buffer;

    FileStream(OpenFile file, OpenFile.Buffer buffer) {
      this.file = file;
      this.buffer = buffer;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = length == 0 ? 0 : file.read(buffer, bytes, offset, length);
      return count == 0 && length > 0 ? -1 : count;
    }
  }

  /** One archive being unpacked; the destination is the root of all its paths. */
  private static final class Unpacking {
    private final Directory into;
    private final Attributes attributes;
    private final LayerLimits limits;
    private final Map<String, Long> times = new LinkedHashMap<>();
    private long size;

    Unpacking(Directory into, Attributes attributes, LayerLimits limits) {
      this.into = into;
      this.attributes = attributes;
      this.limits = limits;
    }

    void run(InputStream content) throws IOException {
      PaxTap tap = new PaxTap(content);
      BoundedTar tar = new BoundedTar(tap);
      long entries = 0;
      try (OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER)) {
        byte[] bytes = new byte[BUFFER];
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          limits.checkEntries(++entries);
          limits.checkNames(entry.getName(), entry.getLinkName());
          entry(entry, tar, buffer, bytes);
          extended(entry, tap.attributes());
        }
      }
      for (Map.Entry<String, Long> time : times.entrySet()) {
        try (Directory directory = into.resolve(time.getKey())) {
          directory.times(time.getValue());
        }
      }
    }

    private void entry(TarArchiveEntry entry, InputStream tar, OpenFile.Buffer buffer, byte[] bytes)
        throws IOException {
      String path = RootPaths.clean(entry.getName());
      if (path.equals("/")) {
        return;
      }
      String name = RootPaths.name(path);
      Owners.Ids owner =
          attributes
              .owner()
              .orElse(new Owners.Ids((int) entry.getLongUserId(), (int) entry.getLongGroupId()));
      long time =
          attributes.copy().timestamp() >= 0
              ? attributes.copy().timestamp()
              : entry.getLastModifiedTime().to(TimeUnit.NANOSECONDS);
      try (Directory parent =
          RootPaths.makeAll(
              into,
              RootPaths.parent(path),
              new RootPaths.NewDirectory(0755, Owners.Ids.ROOT, -1))) {
        Optional<Status> existing = parent.find(name);
        boolean keep = existing.isPresent() && existing.get().isDirectory() && entry.isDirectory();
        if (existing.isPresent() && !keep) {
          parent.removeTree(name);
        }
        if (entry.isDirectory()) {
          if (!keep) {
            parent.makeDirectory(name, 0700);
          }
          times.put(path, time);
        } else if (entry.isSymbolicLink()) {
          parent.makeSymlink(name, entry.getLinkName());
        } else if (entry.isLink()) {
          String target = RootPaths.clean(entry.getLinkName());
          try (Directory from = into.resolve(RootPaths.parent(target))) {
            parent.link(from, RootPaths.name(target), name);
          }
          return;
        } else if (entry.isFIFO() || entry.isCharacterDevice() || entry.isBlockDevice()) {
          if (!node(parent, name, entry)) {
            return;
          }
        } else {
          try (OpenFile file = parent.create(name, 0600)) {
            for (int n = tar.read(bytes); n >= 0; n = tar.read(bytes)) {
              file.write(buffer, bytes, 0, n);
              grow(n);
            }
          }
        }
        parent.owner(name, owner.uid(), owner.gid());
        if (!entry.isSymbolicLink()) {
          parent.mode(name, entry.getMode() & 07777);
        }
        if (!entry.isDirectory()) {
          parent.times(name, time);
        }
      }
    }

    /** Counted as they come: a sparse file says little of what it becomes. */
    private void grow(int bytes) throws IOException {
      size += bytes;
      limits.checkBytes(size);
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("unpacking was interrupted");
      }
    }

    /** Set last: a change of owner takes capabilities away. */
    private void extended(TarArchiveEntry entry, Map<String, byte[]> attributes)
        throws IOException {
      if (attributes.isEmpty() || entry.isSymbolicLink() || entry.isLink()) {
        return;
      }
      String path = RootPaths.clean(entry.getName());
      try (Directory parent = into.resolve(RootPaths.parent(path))) {
        String name = RootPaths.name(path);
        if (parent.find(name).isPresent()) {
          Attributes.extended(attributes, parent.pathOf(name));
        }
      }
    }

    private static boolean node(Directory parent, String name, TarArchiveEntry entry)
        throws IOException {
      int type =
          entry.isFIFO()
              ? Status.FIFO
              : entry.isCharacterDevice() ? Status.CHARACTER_DEVICE : Status.BLOCK_DEVICE;
      if (type == Status.CHARACTER_DEVICE && entry.getDevMajor() == 0 && entry.getDevMinor() == 0) {
        throw new IOException("an archive holds the device 0:0 at " + entry.getName());
      }
      try {
        parent.makeNode(name, type | 0600, entry.getDevMajor(), entry.getDevMinor());
        return true;
      } catch (LinuxException e) {
        if (e.errno() == Errno.EPERM) {
          return false;
        }
        throw e;
      }
    }
  }
}
