package dev.slipway.identity;

import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * What a client shows of itself.
 *
 * @param certificate that of its connection, which has proved that it has the key
 * @param bearer the token in its {@code Authorization} header
 * @param unixSocket whether it came over a unix socket, whose file's mode let it in
 */
public record Shown(
    Optional<X509Certificate> certificate, Optional<String> bearer, boolean unixSocket) {
  /** The secret stays out of logs. */
  @Override
  public String toString() {
    return "Shown["
        + (bearer.isPresent() ? "token" : certificate.isPresent() ? "certificate" : "")
        + "]";
  }

  private static final String SCHEME = "bearer ";

  /** The token of an {@code Authorization} header (RFC 6750); empty when it has none. */
  public static Optional<String> bearer(@org.jspecify.annotations.Nullable String header) {
    return header != null
            && header.length() > SCHEME.length()
            && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? Optional.of(header.substring(SCHEME.length()).strip())
        : Optional.empty();
  }
}
