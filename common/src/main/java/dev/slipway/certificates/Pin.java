package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * What tells a CA from all others to somebody who does not have its certificate yet: SHA-256 of its
 * public key (SubjectPublicKeyInfo, RFC 7469 section 2.4), as {@code sha256:<hex>}.
 */
public record Pin(String text) {
  private static final Pattern SHAPE = Pattern.compile("sha256:[0-9a-f]{64}");

  public Pin {
    if (!SHAPE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not sha256: and 64 hexadecimal digits");
    }
  }

  /** Reads what somebody wrote. @throws SlipwayException INVALID when it has another shape */
  public static Pin parse(String text) throws SlipwayException {
    try {
      return new Pin(text);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "the CA's pin " + e.getMessage(), e);
    }
  }

  public static Pin of(X509Certificate authority) {
    try {
      return new Pin(
          "sha256:"
              + HexFormat.of()
                  .formatHex(
                      MessageDigest.getInstance("SHA-256")
                          .digest(authority.getPublicKey().getEncoded())));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
