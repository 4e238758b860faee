package dev.slipway.certificates;

import dev.slipway.config.WatchedFile;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;

/**
 * Certificates that their CA has taken back (a CRL, RFC 5280 section 5), as a file says at the
 * moment. One that the CA has not signed is never used. @ThreadSafe
 */
public final class RevocationList {
  private final WatchedFile<X509CRL> list;

  private RevocationList(WatchedFile<X509CRL> list) {
    this.list = list;
  }

  /**
   * Reads the list.
   *
   * @param ca whose certificates it takes back
   * @throws SlipwayException when it is none, or not of that CA
   */
  public static RevocationList in(Path file, Path ca, InstantSource clock) throws SlipwayException {
    return new RevocationList(
        WatchedFile.of(file, crl -> read(crl, PemFiles.certificates(ca)), clock));
  }

  /** Since when the certificate is not valid any more; empty = it is. */
  public Optional<Instant> revokedAt(X509Certificate certificate) {
    return Optional.ofNullable(list.get().getRevokedCertificate(certificate))
        .map(X509CRLEntry::getRevocationDate)
        .map(Date::toInstant);
  }

  /** Reads a list that one of these has signed. */
  static X509CRL read(Path file, List<X509Certificate> authorities) throws SlipwayException {
    try {
      byte[] text = PemFiles.text(file, "revocation list").getBytes(StandardCharsets.UTF_8);
      if (CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(text))
          instanceof X509CRL list) {
        for (X509Certificate authority : authorities) {
          if (authority.getSubjectX500Principal().equals(list.getIssuerX500Principal())) {
            list.verify(authority.getPublicKey());
            return list;
          }
        }
      }
    } catch (GeneralSecurityException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "the list of revoked certificates " + file + " cannot be used: " + e.getMessage(),
          e);
    }
    throw new SlipwayException(
        ErrorKind.INVALID,
        "the list of revoked certificates " + file + " is not of the clients' CA");
  }
}
