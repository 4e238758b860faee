package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Which client certificates are let in: those that one of the CAs issued, in their time. */
public final class ClientTrust {
  private final List<X509Certificate> authorities;
  private final X509ExtendedTrustManager manager;
  private final Audience audience;
  private final InstantSource clock;

  private ClientTrust(
      List<X509Certificate> authorities,
      X509ExtendedTrustManager manager,
      Audience audience,
      InstantSource clock) {
    this.authorities = authorities;
    this.manager = manager;
    this.audience = audience;
    this.clock = clock;
  }

  public static ClientTrust in(
      List<X509Certificate> authorities, Audience audience, InstantSource clock)
      throws SlipwayException {
    try {
      KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
      anchors.load(null, null);
      for (int i = 0; i < authorities.size(); i++) {
        anchors.setCertificateEntry("ca-" + i, authorities.get(i));
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(anchors);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager trust) {
          return new ClientTrust(List.copyOf(authorities), trust, audience, clock);
        }
      }
      throw new IllegalStateException("every JDK has PKIX for X.509");
    } catch (GeneralSecurityException | IOException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the clients' CA cannot be used: " + e.getMessage(), e);
    }
  }

  List<X509Certificate> authorities() {
    return authorities;
  }

  X509ExtendedTrustManager manager() {
    return manager;
  }

  /**
   * Why the owner of that chain is not let in, as a sentence for him; empty = he is.
   *
   * @param chain as it came in a handshake, which has proved that he has the key; empty = none came
   */
  public Optional<String> refusal(List<X509Certificate> chain) {
    if (chain.isEmpty() && !audience.needsCertificate()) {
      return Optional.empty();
    }
    if (chain.isEmpty()) {
      return Optional.of(
          "this farm wants a client certificate and got none: give the caller cert and key: "
              + audience.remedy());
    }
    X509Certificate certificate = chain.getFirst();
    String name = certificate.getSubjectX500Principal().getName();
    Date now = Date.from(clock.instant());
    if (now.after(certificate.getNotAfter())) {
      return Optional.of(
          "the client certificate "
              + name
              + " has expired on "
              + certificate.getNotAfter().toInstant()
              + ": get a new one");
    }
    try {
      manager.checkClientTrusted(
          chain.toArray(X509Certificate[]::new), certificate.getPublicKey().getAlgorithm());
      return Optional.empty();
    } catch (CertificateException e) {
      return Optional.of(
          "the client certificate "
              + name
              + ", issued by "
              + certificate.getIssuerX500Principal().getName()
              + ", is not of this farm's CA ("
              + authorities.getFirst().getSubjectX500Principal().getName()
              + ")"
              + (e.getCause() == null ? " or not made for this: " + e.getMessage() : ""));
    }
  }
}
