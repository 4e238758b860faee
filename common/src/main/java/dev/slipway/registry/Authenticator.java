package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Optional;

/**
 * Where credentials come from. Implementations ask the client's session; nothing is
 * stored. @ThreadSafe
 */
public interface Authenticator {
  /** Nobody: anonymous access only. */
  Authenticator ANONYMOUS =
      new Authenticator() {
        @Override
        public Optional<Credentials> credentials(String host) {
          return Optional.empty();
        }

        @Override
        public Optional<Token> fetchToken(TokenRequest request) {
          return Optional.empty();
        }
      };

  /** User name and password for the registry host; empty = anonymous. */
  Optional<Credentials> credentials(String host) throws SlipwayException, InterruptedException;

  /**
   * A token fetched by the client itself, so that its credentials stay there; empty when the client
   * cannot do that.
   */
  Optional<Token> fetchToken(TokenRequest request) throws SlipwayException, InterruptedException;

  /** Credentials; an empty user name means that the secret is an identity (refresh) token. */
  record Credentials(String userName, String secret) {
    @Override
    public String toString() {
      return "Credentials[redacted]";
    }
  }

  /** Challenge of a registry, with the scopes wanted ({@code repository:name:pull,push}). */
  record TokenRequest(String host, String realm, String service, List<String> scopes) {}

  /** A bearer token and its life in seconds. */
  record Token(String value, long expiresInSeconds) {
    @Override
    public String toString() {
      return "Token[redacted]";
    }
  }
}
