package dev.slipway.layers;

import dev.slipway.diff.LayerEntry;
import dev.slipway.diff.LayerWalk;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.OpenFile;
import dev.slipway.linux.Status;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.tar.TarHeaders;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Writes a layer directory as an OCI layer tar: same layer, same bytes. Times keep their
 * nanoseconds, owners are numbers, of the extended attributes only {@code security.capability} is
 * written. OCI image-spec v1.1, layer.md. @ThreadSafe
 */
public final class LayerTarWriter {
  private static final int BUFFER = 256 << 10;
  private static final long SECOND = 1_000_000_000L;
  private static final String CAPABILITY = "security.capability";

  /** Two blocks of zeros end a tar. */
  private static final int END = 2 * TarHeaders.BLOCK;

  /**
   * Writes the uncompressed tar and returns its digest, the diffId. The stream is flushed, not
   * closed.
   */
  public Digest write(StoredLayer layer, OutputStream out) throws SlipwayException {
    return write(layer, OptionalLong.empty(), out);
  }

  /**
   * The same, with no time after the bound. @param latest Unix seconds; empty = times as they are
   */
  public Digest write(StoredLayer layer, OptionalLong latest, OutputStream out)
      throws SlipwayException {
    return write(
        "layer " + layer.id(),
        visitor -> LayerWalk.walk(layer.directory(), visitor),
        latest.isPresent() ? Math.multiplyExact(latest.getAsLong(), SECOND) : Long.MAX_VALUE,
        out);
  }

  /** Walks what goes into a tar. */
  @FunctionalInterface
  public interface Walk {
    void over(LayerWalk.Visitor visitor) throws IOException;
  }

  /** Writes what a walk comes upon; {@code what} is for the message of a failure. */
  public Digest write(String what, Walk walk, OutputStream out) throws SlipwayException {
    return write(what, walk, Long.MAX_VALUE, out);
  }

  private static Digest write(String what, Walk walk, long latest, OutputStream out)
      throws SlipwayException {
    try (OpenFile.Buffer buffer = new OpenFile.Buffer(BUFFER)) {
      Writing writing = new Writing(out, buffer, latest);
      walk.over(writing::entry);
      writing.put(new byte[END], 0, END);
      writing.drain();
      out.flush();
      return Digest.ofHash(writing.digest.digest());
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "tar of " + what + " failed: " + e.getMessage(), e);
    }
  }

  /** The state of one tar. */
  private static final class Writing {
    private final OutputStream out;
    private final OpenFile.Buffer buffer;

    /** Nanoseconds since 1970. */
    private final long latest;

    private final MessageDigest digest = Digest.sha256();
    private final byte[] pending = new byte[BUFFER];
    private int filled;
    private final Map<Long, String> linked = new HashMap<>();

    Writing(OutputStream out, OpenFile.Buffer buffer, long latest) {
      this.latest = latest;
      this.out = out;
      this.buffer = buffer;
    }

    void entry(LayerEntry entry) throws IOException {
      switch (entry) {
        case LayerEntry.Removed(String path) ->
            marker(
                path.substring(0, path.lastIndexOf('/') + 1),
                ".wh." + path.substring(path.lastIndexOf('/') + 1));
        case LayerEntry.Opaque(String path) -> marker(path + "/", ".wh..wh..opq");
        case LayerEntry.Present present -> present(present);
      }
    }

    private void marker(String prefix, String name) throws IOException {
      header(new TarHeaders.Entry('0', prefix + name, "", 0, 0, 0, 0, 0, 0, 0, Map.of()));
    }

    private void present(LayerEntry.Present present) throws IOException {
      Status status = present.status();
      switch (status.type()) {
        case Status.DIRECTORY -> header(entry('5', present, present.path() + "/", "", 0));
        case Status.SYMLINK ->
            header(
                entry('2', present, present.path(), present.parent().readLink(present.name()), 0));
        case Status.CHARACTER_DEVICE -> header(entry('3', present, present.path(), "", 0));
        case Status.BLOCK_DEVICE -> header(entry('4', present, present.path(), "", 0));
        case Status.FIFO -> header(entry('6', present, present.path(), "", 0));
        case Status.REGULAR -> file(present);
        default ->
            throw new IOException(
                present.path() + " has the unknown type " + Integer.toOctalString(status.mode()));
      }
    }

    private void file(LayerEntry.Present present) throws IOException {
      Status status = present.status();
      if (status.links() > 1) {
        String first = linked.putIfAbsent(status.inode(), present.path());
        if (first != null) {
          header(entry('1', present, present.path(), first, 0));
          return;
        }
      }
      header(entry('0', present, present.path(), "", status.size()));
      if (status.size() == 0) {
        return;
      }
      long left = status.size();
      try (OpenFile file = present.parent().openFile(present.name())) {
        while (left > 0) {
          if (filled == pending.length) {
            drain();
          }
          int count =
              file.read(buffer, pending, filled, (int) Math.min(left, pending.length - filled));
          if (count == 0) {
            throw new IOException(present.path() + " became shorter while it was read");
          }
          filled += count;
          left -= count;
        }
      }
      int padding = TarHeaders.padding(status.size());
      put(new byte[padding], 0, padding);
    }

    private TarHeaders.Entry entry(
        char type, LayerEntry.Present present, String path, String link, long size)
        throws IOException {
      Status status = present.status();
      Map<String, byte[]> attributes = Map.of();
      if (type == '0') {
        Optional<byte[]> capability =
            ExtendedAttributes.get(present.parent().pathOf(present.name()), CAPABILITY);
        if (capability.isPresent()) {
          attributes = Map.of(TarHeaders.ATTRIBUTE + CAPABILITY, capability.get());
        }
      }
      return new TarHeaders.Entry(
          type,
          path,
          link,
          status.permissions(),
          Integer.toUnsignedLong(status.uid()),
          Integer.toUnsignedLong(status.gid()),
          size,
          Math.min(status.modified(), latest),
          status.deviceMajor(),
          status.deviceMinor(),
          attributes);
    }

    private void header(TarHeaders.Entry entry) throws IOException {
      byte[] blocks = TarHeaders.of(entry);
      put(blocks, 0, blocks.length);
    }

    void put(byte[] bytes, int offset, int length) throws IOException {
      if (length > pending.length - filled) {
        drain();
      }
      if (length > pending.length) {
        digest.update(bytes, offset, length);
        out.write(bytes, offset, length);
        return;
      }
      System.arraycopy(bytes, offset, pending, filled, length);
      filled += length;
    }

    void drain() throws IOException {
      digest.update(pending, 0, filled);
      out.write(pending, 0, filled);
      filled = 0;
    }
  }
}
