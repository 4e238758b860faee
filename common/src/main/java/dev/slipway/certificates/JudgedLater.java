package dev.slipway.certificates;

import java.net.Socket;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Takes any client certificate in a handshake, which proves that the client has its key; {@link
 * TlsFront} judges it before a byte of the client is read.
 */
final class JudgedLater extends X509ExtendedTrustManager {
  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
    throw neverAClient();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
    throw neverAClient();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType) {
    throw neverAClient();
  }

  private static IllegalStateException neverAClient() {
    return new IllegalStateException("only servers look at clients' certificates later");
  }

  /** None is named: a client that has only others' would send nothing and be told so. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
