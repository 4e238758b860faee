package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Certificates that their CA has taken back (a CRL, RFC 5280 section 5), as a file says. Looked at
 * again when it changes, at most once a second; a file that cannot be used, or that the CA has not
 * signed, leaves the earlier list in use. @ThreadSafe
 */
public final class RevocationList {
  private static final Logger log = LoggerFactory.getLogger(RevocationList.class);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private final Path file;
  private final Path ca;
  private final InstantSource clock;

  // Guarded by this.
  private X509CRL list;
  private String seen;
  private Instant looked;

  private RevocationList(Path file, Path ca, InstantSource clock) throws SlipwayException {
    this.file = file;
    this.ca = ca;
    this.clock = clock;
    this.seen = stamp();
    this.list = read(file, PemFiles.certificates(ca));
    this.looked = clock.instant();
  }

  /**
   * Reads the list.
   *
   * @param ca whose certificates it takes back
   * @throws SlipwayException when it is none, or not of that CA
   */
  public static RevocationList in(Path file, Path ca, InstantSource clock) throws SlipwayException {
    return new RevocationList(file, ca, clock);
  }

  /** Since when the certificate is not valid any more; empty = it is. */
  public synchronized Optional<Instant> revokedAt(X509Certificate certificate) {
    look();
    return Optional.ofNullable(list.getRevokedCertificate(certificate))
        .map(X509CRLEntry::getRevocationDate)
        .map(java.util.Date::toInstant);
  }

  private void look() {
    Instant now = clock.instant();
    if (now.isBefore(looked.plus(LOOK_EVERY))) {
      return;
    }
    looked = now;
    String stamp = stamp();
    if (stamp.equals(seen)) {
      return;
    }
    seen = stamp;
    try {
      list = read(file, PemFiles.certificates(ca));
      log.atInfo().addKeyValue("file", file).log("list of revoked certificates read");
    } catch (SlipwayException e) {
      log.atError()
          .addKeyValue("reason", e.getMessage())
          .log("changed list of revoked certificates cannot be used; the earlier one stays in use");
    }
  }

  private String stamp() {
    try {
      return Files.getLastModifiedTime(file) + " " + Files.size(file);
    } catch (IOException e) {
      return e.toString();
    }
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
