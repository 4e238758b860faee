package dev.slipway.context;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.oci.Digest;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;

/**
 * Digests of sorted entries: a version, then every field of every entry, length first, so that no
 * two trees look alike.
 */
final class TreeDigests {
  private static final int CONTENT_VERSION = 0x53_43_01;
  private static final int LAYER_VERSION = 0x53_4c_01;

  private TreeDigests() {}

  static Digest content(List<Entry> entries) {
    return digest(entries, CONTENT_VERSION, false);
  }

  static Digest layer(List<Entry> entries) {
    return digest(entries, LAYER_VERSION, true);
  }

  private static Digest digest(List<Entry> entries, int version, boolean times) {
    MessageDigest hash = Digest.sha256();
    try (DataOutputStream out =
        new DataOutputStream(
            new java.io.BufferedOutputStream(
                new DigestOutputStream(OutputStream.nullOutputStream(), hash), 1 << 14))) {
      out.writeInt(version);
      for (Entry entry : entries) {
        text(out, entry.path());
        // Clients differ in the permissions that they report for symbolic links; they mean nothing.
        out.writeInt(FileMode.isSymlink(entry.mode()) ? FileMode.SYMLINK : entry.mode());
        out.writeInt(entry.uid());
        out.writeInt(entry.gid());
        text(out, entry.linkName());
        text(out, entry.content().map(Digest::value).orElse(""));
        if (times) {
          out.writeLong(entry.modificationTime());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("hashing does no I/O", e);
    }
    return Digest.ofHash(hash.digest());
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
