package dev.slipway.config;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code [grpc.tls]} and {@code [farm.tls]}: the PEM files that a process serves TLS with.
 *
 * @param cert its certificate, those of its issuers after it
 * @param key its private key, not encrypted
 * @param ca of the clients; given: only clients with a certificate of it are let in
 */
public record TlsFiles(Path cert, Path key, Optional<Path> ca) {

  /** Reads the table. @param where its name, for errors */
  static TlsFiles read(TomlTable table, String where) throws SlipwayException {
    TlsFiles files =
        of(table.text("cert"), table.text("key"), table.text("ca"), where)
            .orElseThrow(() -> incomplete(where));
    table.end();
    return files;
  }

  /**
   * Returns the files, or nothing when none is named.
   *
   * @param where what names them, for errors
   * @throws SlipwayException INVALID when the certificate or its key is missing
   */
  public static Optional<TlsFiles> of(
      Optional<String> cert, Optional<String> key, Optional<String> ca, String where)
      throws SlipwayException {
    if (cert.isEmpty() && key.isEmpty() && ca.isEmpty()) {
      return Optional.empty();
    }
    if (cert.isEmpty() || key.isEmpty()) {
      throw incomplete(where);
    }
    return Optional.of(new TlsFiles(Path.of(cert.get()), Path.of(key.get()), ca.map(Path::of)));
  }

  private static SlipwayException incomplete(String where) {
    return new SlipwayException(
        ErrorKind.INVALID, where + " needs both a certificate (cert) and its key (key)");
  }
}
