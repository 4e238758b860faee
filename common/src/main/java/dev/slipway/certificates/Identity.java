package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Who one end of a TLS connection is.
 *
 * @param chain its certificate, then those of its issuers
 */
public record Identity(PrivateKey key, List<X509Certificate> chain) {
  private static final byte[] PROBE = "does this key belong to this certificate".getBytes();

  public Identity {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("an identity needs a certificate");
    }
  }

  /**
   * Reads both files. @throws SlipwayException NOT_FOUND, DENIED or INVALID; the message names the
   * file
   */
  public static Identity read(Path cert, Path key) throws SlipwayException {
    Identity identity = new Identity(PemFiles.key(key), PemFiles.certificates(cert));
    if (!identity.fits()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "the key "
              + key
              + " does not belong to the certificate "
              + cert
              + " ("
              + identity.certificate().getSubjectX500Principal()
              + "): one of the two files is of another pair");
    }
    return identity;
  }

  /** The same with the authorities that the chain lacks, at its end. */
  Identity with(List<X509Certificate> authorities) {
    List<X509Certificate> longer = new ArrayList<>(chain);
    authorities.stream()
        .filter(authority ->
            !chain.contains(authority)
                && authority
                    .getSubjectX500Principal()
                    .equals(chain.getLast().getIssuerX500Principal()))
        .forEach(longer::add);
    return new Identity(key, longer);
  }

  public X509Certificate certificate() {
    return chain.getFirst();
  }

  public Instant expires() {
    return certificate().getNotAfter().toInstant();
  }

  private boolean fits() {
    PublicKey publicKey = certificate().getPublicKey();
    String algorithm =
        switch (publicKey.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> publicKey.getAlgorithm();
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException _) {
      return false; // a key of another kind cannot even sign
    }
  }

  /** The key stays out of logs. */
  @Override
  public String toString() {
    return "Identity[" + certificate().getSubjectX500Principal() + "]";
  }
}
