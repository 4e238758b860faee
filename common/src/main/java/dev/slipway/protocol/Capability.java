package dev.slipway.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;

/**
 * Short-lived bearer tokens for one resource ({@code layers/<id>}, {@code trees/<id>}): the
 * coordinator signs, workers and the coordinator verify. The form is {@code base64url(resource "\n"
 * expiryEpochSeconds) "." base64url(signature)}, without padding; the signature is Ed25519 (RFC
 * 8032) over the bytes before base64url.
 */
public final class Capability {
  private static final String ALGORITHM = "Ed25519";

  /** Longest token that is looked at, in characters; resource names are far shorter. */
  private static final int MAX_TOKEN_LENGTH = 4096;

  private Capability() {}

  /** Signs tokens with a key of its own that never leaves the process. @ThreadSafe */
  public static final class Signer {
    private final KeyPair keys;

    private Signer(KeyPair keys) {
      this.keys = keys;
    }

    /** Returns a signer with a fresh key. */
    public static Signer generate() {
      try {
        return new Signer(KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair());
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has Ed25519", e);
      }
    }

    /** The key to verify with, as X.509 SubjectPublicKeyInfo. */
    public byte[] publicKey() {
      return keys.getPublic().getEncoded();
    }

    /** Returns a token for the resource that is valid until {@code expiry}, in whole seconds. */
    public String sign(String resource, Instant expiry) {
      if (resource.isEmpty() || resource.indexOf('\n') >= 0) {
        throw new IllegalArgumentException("resource of a capability is empty or has a line break");
      }
      byte[] claim = (resource + "\n" + expiry.getEpochSecond()).getBytes(UTF_8);
      try {
        Signature signature = Signature.getInstance(ALGORITHM);
        signature.initSign(keys.getPrivate());
        signature.update(claim);
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return encoder.encodeToString(claim) + "." + encoder.encodeToString(signature.sign());
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("Ed25519 signing failed", e);
      }
    }
  }

  /** Verifies tokens of one signer. @ThreadSafe */
  public static final class Verifier {
    private final PublicKey key;

    /**
     * @param publicKey X.509 SubjectPublicKeyInfo
     * @throws SlipwayException INVALID when it is not an Ed25519 key
     */
    public Verifier(byte[] publicKey) throws SlipwayException {
      try {
        this.key =
            KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(publicKey));
      } catch (GeneralSecurityException e) {
        throw new SlipwayException(
            ErrorKind.INVALID, "the capability public key is not an Ed25519 key in X.509 form", e);
      }
    }

    /**
     * Returns when the token is good for the resource at this time.
     *
     * @throws SlipwayException DENIED when it is malformed, forged, expired or for another resource
     */
    public void verify(String token, String resource, Instant now) throws SlipwayException {
      int dot = token.indexOf('.');
      if (dot < 1 || token.length() > MAX_TOKEN_LENGTH) {
        throw denied(resource, "the token is malformed");
      }
      byte[] claim;
      byte[] signed;
      try {
        claim = Base64.getUrlDecoder().decode(token.substring(0, dot));
        signed = Base64.getUrlDecoder().decode(token.substring(dot + 1));
      } catch (IllegalArgumentException _) {
        throw denied(resource, "the token is malformed");
      }
      if (!isSigned(claim, signed)) {
        throw denied(resource, "the token's signature is wrong");
      }
      String text = new String(claim, UTF_8);
      int line = text.lastIndexOf('\n');
      if (!text.substring(0, line).equals(resource)) {
        throw denied(resource, "the token is for another resource");
      }
      if (now.getEpochSecond() >= Long.parseLong(text.substring(line + 1))) {
        throw denied(resource, "the token has expired");
      }
    }

    private boolean isSigned(byte[] claim, byte[] signed) {
      try {
        Signature signature = Signature.getInstance(ALGORITHM);
        signature.initVerify(key);
        signature.update(claim);
        return signature.verify(signed);
      } catch (GeneralSecurityException _) {
        return false; // a signature of another length or off the curve: as wrong as any
      }
    }

    private static SlipwayException denied(String resource, String why) {
      return new SlipwayException(
          ErrorKind.DENIED, "access to " + resource + " was denied: " + why);
    }
  }
}
