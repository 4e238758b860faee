package dev.slipway.certificates;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The identity of this moment, for both ends of a connection. A handshake asks three times, by an
 * alias: the serial number, under which an identity is kept until others have been chosen since.
 * {@code this} guards what is kept. @ThreadSafe
 */
final class CurrentKey extends X509ExtendedKeyManager {
  /** Identities that handshakes under way may still ask for. */
  private static final int KEPT = 4;

  private final Supplier<ServerTls> tls;
  private final Map<String, Identity> chosen =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Identity> eldest) {
          return size() > KEPT;
        }
      };

  CurrentKey(Supplier<ServerTls> tls) {
    this.tls = tls;
  }

  private synchronized String choose() {
    Identity identity = tls.get().identity();
    String alias = identity.certificate().getSerialNumber().toString(16);
    chosen.put(alias, identity);
    return alias;
  }

  private synchronized @Nullable Identity find(String alias) {
    return chosen.get(alias);
  }

  @Override
  public String chooseEngineClientAlias(
      String[] types, Principal @Nullable [] issuers, SSLEngine engine) {
    return choose();
  }

  @Override
  public String chooseClientAlias(String[] types, Principal @Nullable [] issuers, Socket socket) {
    return choose();
  }

  /** Keys are of one kind: a handshake that asks for another gets none. */
  @Override
  public @Nullable String chooseEngineServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return tls.get().identity().key().getAlgorithm().equals(type) ? choose() : null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String type, Principal @Nullable [] issuers, Socket socket) {
    return chooseEngineServerAlias(type, issuers, null);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    Identity identity = find(alias);
    return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    Identity identity = find(alias);
    return identity == null ? null : identity.key();
  }

  @Override
  public String[] getClientAliases(String type, Principal @Nullable [] issuers) {
    return new String[] {choose()};
  }

  @Override
  public String[] getServerAliases(String type, Principal @Nullable [] issuers) {
    return new String[] {choose()};
  }
}
