package dev.slipway.content;

import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** What the bytes of a file are, whatever its name says. */
public final class FileDigest {
  private static final int BUFFER_BYTES = 256 << 10;

  private FileDigest() {}

  /** Reads the whole file and returns its digest. */
  public static Digest of(Path file) throws IOException {
    MessageDigest hash = Digest.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        hash.update(buffer, 0, count);
      }
    }
    return Digest.ofHash(hash.digest());
  }
}
