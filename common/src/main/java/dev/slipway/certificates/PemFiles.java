package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/** Certificates and keys in files, as text. */
public final class PemFiles {
  /** A chain and a key take a few KiB; a bundle of all public CAs 250. */
  private static final int MAX_BYTES = 1 << 20;

  private static final String SECRET = "rw-------";
  private static final String OPEN = "rw-r--r--";

  private PemFiles() {}

  /**
   * All certificates of a file, at least one. @throws SlipwayException NOT_FOUND, DENIED or INVALID
   */
  public static List<X509Certificate> certificates(Path file) throws SlipwayException {
    try {
      List<X509Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(
                      text(file, "certificate").getBytes(StandardCharsets.UTF_8)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (!certificates.isEmpty()) {
        return certificates;
      }
    } catch (CertificateException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the certificate file " + file + " is not PEM: " + e.getMessage(), e);
    }
    throw new SlipwayException(
        ErrorKind.INVALID, "the certificate file " + file + " has no certificate in it");
  }

  /** The private key of a file. @throws SlipwayException NOT_FOUND, DENIED or INVALID */
  public static PrivateKey key(Path file) throws SlipwayException {
    try (PEMParser parser = new PEMParser(new StringReader(text(file, "key")))) {
      JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
      for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
        switch (part) {
          case PrivateKeyInfo key -> {
            return converter.getPrivateKey(key);
          }
          case PEMKeyPair pair -> {
            return converter.getKeyPair(pair).getPrivate();
          }
          case PEMEncryptedKeyPair _, PKCS8EncryptedPrivateKeyInfo _ ->
              throw new SlipwayException(
                  ErrorKind.INVALID,
                  "the key file "
                      + file
                      + " is encrypted: store the key in the clear, readable by its user only");
          default -> {} // openssl writes the parameters of a curve before its key
        }
      }
    } catch (IOException | RuntimeException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the key file " + file + " is not PEM: " + e.getMessage(), e);
    }
    throw new SlipwayException(
        ErrorKind.INVALID, "the key file " + file + " has no private key in it");
  }

  static String text(Path file, String kind) throws SlipwayException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new SlipwayException(
            ErrorKind.INVALID, "the " + kind + " file " + file + " is longer than a MiB");
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "the " + kind + " file " + file + " does not exist", e);
    } catch (AccessDeniedException e) {
      String user = System.getProperty("user.name");
      throw new SlipwayException(
          ErrorKind.DENIED,
          "the "
              + kind
              + " file "
              + file
              + " may not be read by the user "
              + user
              + ", who runs the farm: chgrp "
              + user
              + " and chmod 640 it, and let "
              + user
              + " pass the folders above it",
          e);
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "reading the " + kind + " file " + file + " failed: " + e, e);
    }
  }

  /** Writes a new file that everybody may read. */
  static void write(Path file, List<X509Certificate> certificates) throws IOException {
    create(file, pem(certificates), OPEN);
  }

  /** Writes a new file that its owner alone may read. */
  static void write(Path file, PrivateKey key) throws IOException {
    create(file, pem(key), SECRET);
  }

  /** Writes a list that everybody may read, in the place of an earlier one if there is one. */
  static void write(Path file, X509CRL list) throws IOException {
    put(file, pem(list), OPEN);
  }

  /** Puts certificates in the place of a file, or where there is none yet. */
  static void put(Path file, List<X509Certificate> certificates) throws IOException {
    put(file, pem(certificates), OPEN);
  }

  /** Puts a key, which its owner alone may read, in the place of a file or where there is none. */
  static void put(Path file, PrivateKey key) throws IOException {
    put(file, pem(key), SECRET);
  }

  private static void put(Path file, String text, String permissions) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    create(fresh, text, permissions);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void create(Path file, String text, String permissions) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
    // The process' mask may have taken some away.
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    Files.writeString(file, text);
  }

  /** Puts a new pair in the place of an old one; who may read the files stays. */
  static void replace(Path cert, Path key, Identity identity) throws IOException {
    Path newCert = successor(cert, pem(identity.chain()));
    Path newKey = successor(key, pem(identity.key()));
    Files.move(newKey, key, StandardCopyOption.ATOMIC_MOVE);
    Files.move(newCert, cert, StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path successor(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    create(fresh, "", SECRET);
    PosixFileAttributes old = Files.readAttributes(file, PosixFileAttributes.class);
    PosixFileAttributeView view =
        Files.getFileAttributeView(fresh, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (!view.readAttributes().owner().equals(old.owner())) {
      view.setOwner(old.owner());
    }
    if (!view.readAttributes().group().equals(old.group())) {
      view.setGroup(old.group());
    }
    view.setPermissions(old.permissions());
    Files.writeString(fresh, text);
    return fresh;
  }

  private static String pem(List<X509Certificate> certificates) {
    StringBuilder text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        text.append(pem("CERTIFICATE", certificate.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IllegalStateException("a certificate that was made or read has bytes", e);
      }
    }
    return text.toString();
  }

  private static String pem(X509CRL list) {
    try {
      return pem("X509 CRL", list.getEncoded());
    } catch (CRLException e) {
      throw new IllegalStateException("a list that was made has bytes", e);
    }
  }

  private static String pem(PrivateKey key) {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  private static String pem(String type, byte[] bytes) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes), type);
  }
}
