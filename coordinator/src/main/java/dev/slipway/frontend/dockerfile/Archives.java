package dev.slipway.frontend.dockerfile;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;

/** Looks at archives that were fetched, by their content. */
final class Archives {
  private static final byte[][] COMPRESSED = {
    {0x42, 0x5a, 0x68}, {0x1f, (byte) 0x8b, 0x08}, {(byte) 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00}
  };

  /** A date needs no more of an archive; what expands beyond is made to expand. */
  private static final long LONGEST = 1L << 30;

  private static final int MOST_MEMORY_KIB = 64 << 10;

  private Archives() {}

  /** Whether a file that begins so is a tar, or compressed by gzip, bzip2 or xz. */
  static boolean isArchive(byte[] start) {
    for (byte[] magic : COMPRESSED) {
      if (startsWith(start, magic)) {
        return true;
      }
    }
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(start))) {
      TarArchiveEntry first = tar.getNextEntry();
      return first != null && first.isCheckSumOK();
    } catch (IOException | IllegalArgumentException _) {
      return false;
    }
  }

  private static boolean startsWith(byte[] data, byte[] magic) {
    if (data.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (data[i] != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** The date of the newest file in an archive; empty when it has none or is no archive. */
  static Optional<Instant> newest(byte[] archive) {
    Optional<Instant> newest = Optional.empty();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(plain(archive))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Instant time = entry.getLastModifiedTime().toInstant();
        if (tar.getBytesRead() > LONGEST) {
          return Optional.empty();
        }
        if (entry.isFile() && (newest.isEmpty() || time.isAfter(newest.get()))) {
          newest = Optional.of(time);
        }
      }
      return newest;
    } catch (IOException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static InputStream plain(byte[] archive) throws IOException {
    InputStream data = new BufferedInputStream(new ByteArrayInputStream(archive));
    try {
      String format = CompressorStreamFactory.detect(data);
      return new CompressorStreamFactory(true, MOST_MEMORY_KIB)
          .createCompressorInputStream(format, data);
    } catch (CompressorException _) {
      return data; // not compressed
    }
  }
}
