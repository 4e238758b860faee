package dev.slipway.certificates;

import dev.slipway.config.TlsFiles;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The folder where a worker keeps what it was given: {@code key.pem}, {@code cert.pem}, {@code
 * ca.pem}.
 */
public record IdentityFolder(Path folder) {
  public TlsFiles files() {
    return new TlsFiles(
        folder.resolve("cert.pem"),
        folder.resolve("key.pem"),
        Optional.of(folder.resolve("ca.pem")));
  }

  /** Those that others' certificates are of; empty when none is known. */
  public List<X509Certificate> authorities() {
    try {
      return PemFiles.certificates(files().ca().orElseThrow());
    } catch (SlipwayException _) {
      return List.of();
    }
  }

  /** What is there; empty when it is not whole. */
  public Optional<Identity> read() {
    if (authorities().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Identity.read(files().cert(), files().key()));
    } catch (SlipwayException _) {
      return Optional.empty(); // never written, or half: a new one is asked for
    }
  }

  /**
   * Puts the identity in the place of what was there.
   *
   * @param authorities that others' certificates are of
   */
  public void write(Identity identity, List<X509Certificate> authorities) throws SlipwayException {
    try {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      PemFiles.put(files().ca().orElseThrow(), authorities);
      PemFiles.put(files().key(), identity.key());
      PemFiles.put(files().cert(), identity.chain());
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "writing this worker's certificate to " + folder + " failed: " + e,
          e);
    }
  }
}
