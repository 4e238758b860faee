package dev.slipway.context;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes entries as a POSIX (PAX) tar; same entries, same bytes. No user or group names; times to
 * 100 ns, the library's precision.
 */
final class TreeTar {
  private static final long NANOS = 1_000_000_000L;

  private TreeTar() {}

  static void write(List<Entry> entries, FileContents contents, OutputStream out)
      throws IOException {
    // Not closed: the stream is the caller's.
    TarArchiveOutputStream tar = new TarArchiveOutputStream(out, "UTF-8");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
    for (Entry entry : entries) {
      TarArchiveEntry header = header(entry);
      tar.putArchiveEntry(header);
      if (header.getSize() > 0) {
        contents.copy(content(entry), tar);
      }
      tar.closeArchiveEntry();
    }
    tar.finish();
    tar.flush();
  }

  private static TarArchiveEntry header(Entry entry) {
    boolean directory = FileMode.isDirectory(entry.mode());
    TarArchiveEntry header =
        new TarArchiveEntry(directory ? entry.path() + "/" : entry.path(), type(entry), true);
    header.setMode(FileMode.permissions(entry.mode()));
    header.setUserId(Integer.toUnsignedLong(entry.uid()));
    header.setGroupId(Integer.toUnsignedLong(entry.gid()));
    header.setUserName("");
    header.setGroupName("");
    header.setLinkName(entry.linkName());
    header.setSize(
        header.isFile() && !header.isLink() && FileMode.isRegular(entry.mode()) ? entry.size() : 0);
    long time = entry.modificationTime();
    header.setLastModifiedTime(
        FileTime.from(
            Instant.ofEpochSecond(Math.floorDiv(time, NANOS), Math.floorMod(time, NANOS))));
    return header;
  }

  private static byte type(Entry entry) {
    if (FileMode.isDirectory(entry.mode())) {
      return TarConstants.LF_DIR;
    }
    if (FileMode.isSymlink(entry.mode())) {
      return TarConstants.LF_SYMLINK;
    }
    if (FileMode.isNamedPipe(entry.mode())) {
      return TarConstants.LF_FIFO;
    }
    return entry.linkName().isEmpty() ? TarConstants.LF_NORMAL : TarConstants.LF_LINK;
  }

  private static Digest content(Entry entry) {
    return entry
        .content()
        .orElseThrow(
            () -> new IllegalStateException("regular file " + entry.path() + " has no content"));
  }
}
