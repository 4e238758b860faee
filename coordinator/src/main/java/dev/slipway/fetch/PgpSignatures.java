package dev.slipway.fetch;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPObjectFactory;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/** Detached OpenPGP signatures (RFC 9580), with keys that the client names. Stateless. */
public final class PgpSignatures {
  private static final String BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

  private PgpSignatures() {}

  /** Something that was signed. */
  public interface Signed {
    void writeTo(OutputStream out) throws SlipwayException, IOException;
  }

  /**
   * Checks that one of the signatures is by one of the keys and is good.
   *
   * @param keys armored, several blocks after each other
   * @param signature armored, detached
   * @throws SlipwayException DENIED {@code failed to verify pgp signature: …}
   */
  public static void verify(Signed signed, String keys, String signature) throws SlipwayException {
    String reason = "no signature in it";
    try {
      List<PGPPublicKeyRingCollection> rings = rings(keys);
      for (PGPSignature one : signatures(signature)) {
        PGPPublicKey key = key(rings, one.getKeyID());
        if (key == null) {
          reason = "signature made by unknown entity";
        } else if (key.hasRevocation()) {
          reason = "the key is revoked";
        } else if (isGood(one, key, signed)) {
          return;
        } else {
          reason = "hash tag doesn't match, or the signature is of something else";
        }
      }
    } catch (PGPException | IOException | IllegalArgumentException e) {
      throw failure(String.valueOf(e.getMessage()), e);
    }
    throw failure(reason, null);
  }

  private static boolean isGood(PGPSignature signature, PGPPublicKey key, Signed signed)
      throws PGPException, IOException, SlipwayException {
    signature.init(new BcPGPContentVerifierBuilderProvider(), key);
    signed.writeTo(
        new OutputStream() {
          @Override
          public void write(int value) {
            signature.update((byte) value);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            signature.update(bytes, offset, length);
          }
        });
    return signature.verify();
  }

  private static List<PGPPublicKeyRingCollection> rings(String keys)
      throws IOException, PGPException {
    List<PGPPublicKeyRingCollection> rings = new ArrayList<>();
    int begin = keys.indexOf(BEGIN);
    while (begin >= 0) {
      int next = keys.indexOf(BEGIN, begin + BEGIN.length());
      String block = keys.substring(begin, next < 0 ? keys.length() : next);
      rings.add(new PGPPublicKeyRingCollection(decoded(block), new BcKeyFingerprintCalculator()));
      begin = next;
    }
    return rings;
  }

  private static @org.jspecify.annotations.Nullable PGPPublicKey key(
      List<PGPPublicKeyRingCollection> rings, long id) {
    for (PGPPublicKeyRingCollection collection : rings) {
      for (PGPPublicKeyRing ring : collection) {
        PGPPublicKey key = ring.getPublicKey(id);
        if (key != null) {
          return key;
        }
      }
    }
    return null;
  }

  private static List<PGPSignature> signatures(String armored) throws IOException {
    List<PGPSignature> all = new ArrayList<>();
    PGPObjectFactory objects =
        new PGPObjectFactory(decoded(armored), new BcKeyFingerprintCalculator());
    for (Object next = objects.nextObject(); next != null; next = objects.nextObject()) {
      if (next instanceof PGPSignatureList list) {
        list.forEach(all::add);
      }
    }
    return all;
  }

  private static InputStream decoded(String armored) throws IOException {
    return PGPUtil.getDecoderStream(
        new ByteArrayInputStream(armored.getBytes(StandardCharsets.UTF_8)));
  }

  private static SlipwayException failure(
      String reason, @org.jspecify.annotations.Nullable Exception cause) {
    String message = "failed to verify pgp signature: " + reason;
    return cause == null
        ? new SlipwayException(ErrorKind.DENIED, message)
        : new SlipwayException(ErrorKind.DENIED, message, cause);
  }
}
