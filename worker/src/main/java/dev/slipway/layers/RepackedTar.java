package dev.slipway.layers;

import dev.slipway.oci.Digest;
import dev.slipway.tar.TarHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Passes the tar of an image's layer on: as it is, so that its diff id stays, or with its times
 * bounded.
 */
final class RepackedTar {
  private static final int BUFFER = 256 << 10;
  private static final long SECOND = 1_000_000_000L;

  /** Two blocks of zeros end a tar. */
  private static final int END = 2 * TarHeaders.BLOCK;

  private RepackedTar() {}

  /** Writes the very bytes and returns their digest. */
  static Digest same(LayerStream tar, OutputStream out) throws IOException {
    copy(tar, out, Long.MAX_VALUE);
    return tar.digest();
  }

  /**
   * Writes the same entries, no time of which is after the bound, and returns the new tar's digest.
   * Access and change times, which no layer needs, are left out.
   *
   * @param latest Unix seconds
   */
  static Digest bounded(LayerStream tar, LayerLimits limits, long latest, OutputStream target)
      throws IOException {
    MessageDigest digest = Digest.sha256();
    DigestOutputStream out = new DigestOutputStream(target, digest);
    // Not closed: the stream is the caller's, who reads it to its end.
    PaxTap tap = new PaxTap(tar);
    BoundedTar in = new BoundedTar(tap);
    long entries = 0;
    for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
      limits.checkEntries(++entries);
      limits.checkNames(entry.getName(), entry.getLinkName());
      TarHeaders.Entry header = header(entry, tap.attributes(), latest);
      out.write(TarHeaders.of(header));
      if (copy(in, out, header.size()) != header.size()) {
        throw new IOException("it ends within " + entry.getName());
      }
      out.write(new byte[TarHeaders.padding(header.size())]);
    }
    out.write(new byte[END]);
    return Digest.ofHash(digest.digest());
  }

  private static long copy(InputStream in, OutputStream out, long most) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long copied = 0;
    while (copied < most) {
      int count = in.read(buffer, 0, (int) Math.min(most - copied, buffer.length));
      if (count < 0) {
        break;
      }
      out.write(buffer, 0, count);
      copied += count;
    }
    return copied;
  }

  private static TarHeaders.Entry header(
      TarArchiveEntry entry, Map<String, byte[]> attributes, long latest) {
    Instant time = entry.getLastModifiedTime().toInstant();
    Instant bound = Instant.ofEpochSecond(latest);
    Instant kept = time.isAfter(bound) ? bound : time;
    char type =
        switch (entry.getLinkFlag()) {
          case TarArchiveEntry.LF_LINK,
              TarArchiveEntry.LF_SYMLINK,
              TarArchiveEntry.LF_CHR,
              TarArchiveEntry.LF_BLK,
              TarArchiveEntry.LF_DIR,
              TarArchiveEntry.LF_FIFO ->
              (char) entry.getLinkFlag();
          default -> '0'; // old, contiguous and sparse files are files
        };
    Map<String, byte[]> records = new TreeMap<>();
    attributes.forEach((name, value) -> records.put(TarHeaders.ATTRIBUTE + name, value));
    return new TarHeaders.Entry(
        type,
        entry.getName(),
        entry.getLinkName(),
        entry.getMode() & 07777,
        entry.getLongUserId(),
        entry.getLongGroupId(),
        type == '0' ? entry.getRealSize() : 0,
        Math.addExact(Math.multiplyExact(kept.getEpochSecond(), SECOND), kept.getNano()),
        entry.getDevMajor(),
        entry.getDevMinor(),
        records);
  }
}
