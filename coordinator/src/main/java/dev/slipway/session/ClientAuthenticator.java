package dev.slipway.session;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.auth.AuthGrpc;
import dev.slipway.protocol.buildkit.auth.CredentialsRequest;
import dev.slipway.protocol.buildkit.auth.CredentialsResponse;
import dev.slipway.protocol.buildkit.auth.FetchTokenRequest;
import dev.slipway.protocol.buildkit.auth.FetchTokenResponse;
import dev.slipway.protocol.buildkit.auth.GetTokenAuthorityRequest;
import dev.slipway.registry.Authenticator;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Asks the client: for a token first, so that its credentials stay with it. Stores
 * nothing. @ThreadSafe
 */
final class ClientAuthenticator implements Authenticator {
  /** The client may ask a credential helper or a token server; longer than that nobody waits. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String CLIENT_ID = "buildkit-client";
  private static final String SERVICE = "/moby.filesync.v1.Auth/";

  /** Life of a token whose server does not say it. Distribution's token specification. */
  private static final long DEFAULT_EXPIRY_SECONDS = 60;

  private final TunnelSession session;
  private final TokenSalt salt;

  ClientAuthenticator(TunnelSession session, TokenSalt salt) {
    this.session = session;
    this.salt = salt;
  }

  @Override
  public Optional<Credentials> credentials(String host)
      throws SlipwayException, InterruptedException {
    if (!session.supports(SERVICE + "Credentials")) {
      return Optional.empty();
    }
    CredentialsRequest request = CredentialsRequest.newBuilder().setHost(host).build();
    Optional<CredentialsResponse> answer =
        ask(
            "asking the client for credentials of " + host,
            false,
            stub -> stub.credentials(request));
    return answer
        .filter(found -> !found.getUsername().isEmpty() || !found.getSecret().isEmpty())
        .map(found -> new Credentials(found.getUsername(), found.getSecret()));
  }

  @Override
  public Optional<Token> fetchToken(TokenRequest request)
      throws SlipwayException, InterruptedException {
    if (!session.supports(SERVICE + "FetchToken") || !hasAuthority(request.host())) {
      return Optional.empty();
    }
    FetchTokenRequest wanted =
        FetchTokenRequest.newBuilder()
            .setClientID(CLIENT_ID)
            .setHost(request.host())
            .setRealm(request.realm())
            .setService(request.service())
            .addAllScopes(request.scopes())
            .build();
    Optional<FetchTokenResponse> answer =
        ask(
            "fetching a token for " + request.host() + " by the client",
            false,
            stub -> stub.fetchToken(wanted));
    return answer
        .filter(token -> !token.getToken().isEmpty())
        .map(token ->
            new Token(
                token.getToken(),
                token.getExpiresIn() > 0 ? token.getExpiresIn() : DEFAULT_EXPIRY_SECONDS));
  }

  /** Whether the client fetches tokens for the host itself: it then has a key for it. */
  private boolean hasAuthority(String host) throws SlipwayException, InterruptedException {
    if (!session.supports(SERVICE + "GetTokenAuthority")) {
      return false;
    }
    GetTokenAuthorityRequest request =
        GetTokenAuthorityRequest.newBuilder().setHost(host).setSalt(salt.bytes()).build();
    return ask(
            "asking the client for its token key of " + host,
            true,
            stub -> stub.getTokenAuthority(request))
        .filter(answer -> !answer.getPublicKey().isEmpty())
        .isPresent();
  }

  /**
   * The answer; empty when the client does not serve the call, or says (where it may) that it does
   * not want to.
   */
  private <T> Optional<T> ask(
      String what, boolean mayDecline, Function<AuthGrpc.AuthBlockingStub, T> question)
      throws SlipwayException, InterruptedException {
    try {
      return Optional.of(
          question.apply(
              AuthGrpc.newBlockingStub(session.channel())
                  .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)));
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.UNIMPLEMENTED
          || (mayDecline && code == Status.Code.UNAVAILABLE && session.isOpen())) {
        return Optional.empty();
      }
      throw ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.DENIED);
    }
  }
}
