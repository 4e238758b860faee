package dev.slipway.certificates;

import dev.slipway.error.SlipwayException;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * How somebody who has no certificate yet knows a coordinator: by the farm's CA, or by the CA's
 * pin, which the coordinator's chain has to end with. @ThreadSafe
 */
public final class CoordinatorTrust extends X509ExtendedTrustManager {
  private final List<X509Certificate> authorities;
  private final Optional<Pin> pin;
  private final InstantSource clock;

  private CoordinatorTrust(
      List<X509Certificate> authorities, Optional<Pin> pin, InstantSource clock) {
    this.authorities = List.copyOf(authorities);
    this.pin = pin;
    this.clock = clock;
  }

  public static CoordinatorTrust by(List<X509Certificate> authorities, InstantSource clock) {
    return new CoordinatorTrust(authorities, Optional.empty(), clock);
  }

  public static CoordinatorTrust by(Pin pin, InstantSource clock) {
    return new CoordinatorTrust(List.of(), Optional.of(pin), clock);
  }

  private void check(X509Certificate[] chain, String authType) throws CertificateException {
    List<X509Certificate> anchors = authorities;
    if (pin.isPresent()) {
      anchors =
          Arrays.stream(chain).skip(1).filter(each -> Pin.of(each).equals(pin.get())).toList();
      if (anchors.isEmpty()) {
        throw new CertificateException(
            "the CA of what answers there is not the one with the pin " + pin.get());
      }
    }
    try {
      ClientTrust.in(anchors, Audience.FARM, clock).manager().checkServerTrusted(chain, authType);
    } catch (SlipwayException e) {
      throw new CertificateException(e.getMessage(), e);
    }
    if (!FarmTls.isCoordinator(chain[0])) {
      throw new CertificateException(
          chain[0].getSubjectX500Principal().getName() + " is not a coordinator");
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw neverAServer();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw neverAServer();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw neverAServer();
  }

  private static CertificateException neverAServer() {
    return new CertificateException("this trust is for coordinators that are dialed");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
