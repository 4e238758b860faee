package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A request for a certificate (PKCS #10, RFC 2986): a name, and a key whose owner made the request.
 *
 * @param name common name
 * @param key of the curve P-256
 */
public record SigningRequest(String name, PublicKey key) {
  /** A request takes some 250 bytes. */
  private static final int MAX_BYTES = 8 << 10;

  /** Bits of an element of P-256's field. */
  private static final int FIELD_BITS = 256;

  /** Makes the request for that name, in DER. */
  public static byte[] make(String name, KeyPair keys) {
    try {
      return new JcaPKCS10CertificationRequestBuilder(
              new X500Principal("CN=" + name), keys.getPublic())
          .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
          .getEncoded();
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("every JDK signs with P-256", e);
    }
  }

  /**
   * Reads a request.
   *
   * @throws SlipwayException INVALID when it is none, is signed with another key than its own, or
   *     has a key of another kind
   */
  public static SigningRequest read(byte[] der) throws SlipwayException {
    if (der.length > MAX_BYTES) {
      throw invalid("it is longer than " + MAX_BYTES + " bytes");
    }
    try {
      JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(der);
      PublicKey key = request.getPublicKey();
      if (!(key instanceof ECPublicKey curve)
          || curve.getParams().getCurve().getField().getFieldSize() != FIELD_BITS) {
        throw invalid("its key is not of the curve P-256");
      }
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw invalid("it is not signed with its own key");
      }
      return new SigningRequest(
          commonName(request).orElseThrow(() -> invalid("it has no common name")), key);
    } catch (IOException
        | PKCSException
        | OperatorCreationException
        | GeneralSecurityException
        | IllegalArgumentException e) {
      throw invalid("it is not PKCS #10: " + e.getMessage());
    }
  }

  private static Optional<String> commonName(JcaPKCS10CertificationRequest request) {
    RDN[] names = request.getSubject().getRDNs(BCStyle.CN);
    return names.length == 1
        ? Optional.of(IETFUtils.valueToString(names[0].getFirst().getValue()))
        : Optional.empty();
  }

  private static SlipwayException invalid(String why) {
    return new SlipwayException(
        ErrorKind.INVALID, "the request for a certificate is of no use: " + why);
  }
}
