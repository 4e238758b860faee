package dev.slipway.certificates;

import java.net.Socket;
import java.net.URI;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts a server that has a certificate of the farm's CA with the name that was told for its
 * address: not the name under which it is dialed, which in a farm may be any. {@code this} guards
 * the names. @ThreadSafe
 */
final class NamedPeers extends X509ExtendedTrustManager {
  /** Addresses remembered; far more than a worker dials while one handshake lasts. */
  private static final int MAX_NAMES = 10_000;

  private final Supplier<ServerTls> tls;
  private final Map<String, String> names =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX_NAMES;
        }
      };

  NamedPeers(Supplier<ServerTls> tls) {
    this.tls = tls;
  }

  /** From now on a server at the URL's address must have that name. */
  synchronized void expect(URI url, String name) {
    names.put(address(url.getHost(), url.getPort() < 0 ? 443 : url.getPort()), name);
  }

  private synchronized String name(SSLEngine engine) throws CertificateException {
    String address = address(engine.getPeerHost(), engine.getPeerPort());
    String name = names.get(address);
    if (name == null) {
      throw new CertificateException("nobody told who is at " + address);
    }
    return name;
  }

  private static String address(String host, int port) {
    return host.replaceAll("[\\[\\]]", "") + " " + port;
  }

  /** Whether the certificate has exactly that name, or stands for all workers and it is one's. */
  static boolean hasName(X509Certificate certificate, String name) {
    try {
      var hosts = Subject.hostsOf(certificate);
      return hosts.contains(name)
          || (name.endsWith(WorkerName.ANY.substring(1)) && hosts.contains(WorkerName.ANY));
    } catch (CertificateParsingException _) {
      return false;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    tls.get()
        .clients()
        .orElseThrow(() -> new CertificateException("no CA is known"))
        .manager()
        .checkServerTrusted(chain, authType);
    String name = name(engine);
    if (!hasName(chain[0], name)) {
      throw new CertificateException(
          "the server is not "
              + name
              + ", its certificate is of "
              + chain[0].getSubjectX500Principal().getName());
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("only engines tell whom they have dialed");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("only engines tell whom they have dialed");
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
    return new CertificateException("only clients know servers by their names");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
