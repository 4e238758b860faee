package dev.slipway.certificates;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CRLException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CRLHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA: issues certificates for keys of the curve P-256 (RFC 5280). @ThreadSafe */
public final class Authority {
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Clocks of a farm's machines may differ by this. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  /** Random bits of a serial number: nobody counts, no two are the same. */
  private static final int SERIAL_BITS = 127;

  private static final int NAME_BYTES = 4;

  private final Identity identity;
  private final InstantSource clock;

  private Authority(Identity identity, InstantSource clock) {
    this.identity = identity;
    this.clock = clock;
  }

  /** Makes a new one; part of its name is random, so that two of them are told apart. */
  public static Authority create(String name, Duration life, InstantSource clock) {
    byte[] random = new byte[NAME_BYTES];
    RANDOM.nextBytes(random);
    X500Principal self = new X500Principal("CN=" + name + " " + HexFormat.of().formatHex(random));
    KeyPair keys = newKeys();
    try {
      JcaX509v3CertificateBuilder builder = builder(self, self, keys.getPublic(), life, clock);
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
          .addExtension(
              Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      X509Certificate certificate = sign(builder, keys.getPrivate());
      return new Authority(new Identity(keys.getPrivate(), List.of(certificate)), clock);
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("a certificate could not be made", e);
    }
  }

  /** Reads one from its files. */
  public static Authority read(Path cert, Path key, InstantSource clock) throws SlipwayException {
    return new Authority(Identity.read(cert, key), clock);
  }

  /** Writes its files, which must not exist. */
  void write(Path cert, Path key) throws IOException {
    PemFiles.write(key, identity.key());
    PemFiles.write(cert, identity.chain());
  }

  public X509Certificate certificate() {
    return identity.certificate();
  }

  /** The CA's certificate, then those of its issuers. */
  public List<X509Certificate> chain() {
    return identity.chain();
  }

  /** Makes a key and a certificate for it. */
  public Identity issue(Subject subject) {
    KeyPair keys = newKeys();
    return new Identity(keys.getPrivate(), List.of(issue(subject, keys.getPublic())));
  }

  /** Makes a certificate for somebody's key. */
  public X509Certificate issue(Subject subject, PublicKey key) {
    X500Principal name = new X500Principal("CN=" + subject.name());
    try {
      JcaX509v3CertificateBuilder builder =
          builder(certificate().getSubjectX500Principal(), name, key, subject.life(), clock);
      JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(
                  subject.uses().stream().sorted().map(Use::purpose).toArray(KeyPurposeId[]::new)))
          .addExtension(
              Extension.authorityKeyIdentifier,
              false,
              extensions.createAuthorityKeyIdentifier(certificate()));
      if (!subject.hosts().isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName, false, new GeneralNames(subject.names()));
      }
      return sign(builder, identity.key());
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("a certificate could not be made", e);
    }
  }

  /**
   * Takes certificates back.
   *
   * @param before the list so far; its certificates stay on it
   * @param revoked one more; empty = none
   */
  X509CRL revoke(Optional<X509CRL> before, Optional<X509Certificate> revoked) {
    Date now = Date.from(clock.instant().truncatedTo(ChronoUnit.SECONDS));
    try {
      JcaX509v2CRLBuilder builder =
          new JcaX509v2CRLBuilder(certificate().getSubjectX500Principal(), now);
      builder.setNextUpdate(certificate().getNotAfter());
      if (before.isPresent()) {
        builder.addCRL(new JcaX509CRLHolder(before.get()));
      }
      revoked.ifPresent(
          one -> builder.addCRLEntry(one.getSerialNumber(), now, CRLReason.unspecified));
      return new JcaX509CRLConverter()
          .getCRL(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(identity.key())));
    } catch (CRLException | OperatorCreationException e) {
      throw new IllegalStateException("a revocation list could not be made", e);
    }
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal name, PublicKey key, Duration life, InstantSource clock)
      throws GeneralSecurityException, CertIOException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1),
            Date.from(now.minus(SKEW)),
            Date.from(now.plus(life)),
            name,
            key);
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
    return builder;
  }

  private static X509Certificate sign(
      JcaX509v3CertificateBuilder builder, java.security.PrivateKey key)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
  }

  /** A new key of the curve P-256. */
  public static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has the curve P-256", e);
    }
  }
}
