package dev.slipway.layers;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * A tar whose reading takes little memory whatever is in it. The library keeps long names, extended
 * headers and maps of sparse files in memory as long as they are, and goes one call deeper for each
 * header before an entry; here each has a bound, and a tar beyond it is refused. Names are UTF-8.
 * Owned by one thread.
 */
public final class BoundedTar extends TarArchiveInputStream {
  /**
   * Of the headers about one entry, and of the global ones, in bytes. Linux takes 64 KiB of
   * attributes.
   */
  static final int MAX_HEADER = 1 << 20;

  /** Headers before one entry; a writer needs three. */
  static final int MAX_HEADERS = 16;

  /** Blocks of one entry's headers; beside the above these are parts of maps of sparse files. */
  private static final int MAX_RECORDS = 4096;

  private static final int SIZE_AT = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int TYPE_AT = 156;

  private final Guard guard;
  private int depth;
  private int records;
  private long headerBytes;
  private long globalBytes;

  /** Reads the stream, which is closed with it. */
  public BoundedTar(InputStream in) {
    this(new Guard(in));
  }

  private BoundedTar(Guard guard) {
    super(guard, StandardCharsets.UTF_8.name());
    this.guard = guard;
  }

  @Override
  public TarArchiveEntry getNextEntry() throws IOException {
    if (depth == 0) {
      records = 0;
      headerBytes = 0;
    }
    if (depth > MAX_HEADERS) {
      throw new LayerApplier.BadLayer(
          "it has more than " + MAX_HEADERS + " headers about one entry");
    }
    depth++;
    try {
      TarArchiveEntry entry = super.getNextEntry();
      if (depth == 1 && entry != null && !entry.isCheckSumOK()) {
        throw new LayerApplier.BadLayer("it is no tar: a header's checksum is wrong");
      }
      return entry;
    } finally {
      depth--;
      // What the library still reads before it comes back is the map of a sparse file.
      guard.left = depth == 0 ? Long.MAX_VALUE : MAX_HEADER;
    }
  }

  /** Every header that the library looks at comes by here, and nothing else. */
  @Override
  protected byte[] readRecord() throws IOException {
    byte[] record = super.readRecord();
    if (++records > MAX_RECORDS) {
      throw new LayerApplier.BadLayer(
          "it has an entry of more than " + MAX_RECORDS + " header blocks");
    }
    if (record == null) {
      return record;
    }
    switch (record[TYPE_AT]) {
      case TarConstants.LF_GNUTYPE_LONGNAME,
          TarConstants.LF_GNUTYPE_LONGLINK,
          TarConstants.LF_PAX_EXTENDED_HEADER_LC,
          TarConstants.LF_PAX_EXTENDED_HEADER_UC ->
          headerBytes = bounded(headerBytes, record);
      case TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER -> globalBytes = bounded(globalBytes, record);
      default -> {
        // An entry, or a piece of a sparse file's map.
      }
    }
    return record;
  }

  private static long bounded(long before, byte[] record) throws IOException {
    long size = TarUtils.parseOctalOrBinary(record, SIZE_AT, SIZE_LENGTH);
    if (size < 0 || size > MAX_HEADER || before + size > MAX_HEADER) {
      throw new LayerApplier.BadLayer(
          "it has an extended header of %d bytes, at most %d are read".formatted(size, MAX_HEADER));
    }
    return before + size;
  }

  private static final class Guard extends FilterInputStream {
    private long left = Long.MAX_VALUE;

    Guard(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        throw new LayerApplier.BadLayer(
            "it has a sparse file whose map is larger than " + MAX_HEADER + " bytes");
      }
      int count = super.read(bytes, offset, (int) Math.min(length, left));
      left -= left == Long.MAX_VALUE ? 0 : Math.max(0, count);
      return count;
    }
  }
}
