package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows how each registry wants to be authenticated to, and authorizes requests
 * accordingly. @ThreadSafe
 */
final class Authorizers {
  /** A registry that changes its ways is noticed after this; a refusal is noticed at once. */
  private static final Duration TRUST = Duration.ofMinutes(30);

  private final RegistryTransport transport;
  private final Tokens tokens;
  private final Clock clock;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  Authorizers(RegistryTransport transport, Tokens tokens, Clock clock) {
    this.transport = transport;
    this.tokens = tokens;
    this.clock = clock;
  }

  /** Authorizes requests at the endpoint for the scopes, {@code repository:name:pull,push}. */
  Scoped authorizer(Endpoint endpoint, List<String> scopes, Authenticator authenticator) {
    return new Scoped(endpoint, scopes, authenticator);
  }

  /** What the endpoint asks of strangers; asks it when it is not known yet. Empty = nothing. */
  private Optional<Challenge> challenge(Endpoint endpoint)
      throws IOException, SlipwayException, InterruptedException {
    Optional<Optional<Challenge>> remembered = remembered(endpoint);
    if (remembered.isPresent()) {
      return remembered.get();
    }
    RegistryTransport.Peer stranger =
        new RegistryTransport.Peer(RequestAuthorizer.fixed(""), endpoint.insecureTls());
    HttpResponse<InputStream> response =
        transport.send(
            to -> HttpRequest.newBuilder(to.orElse(endpoint.apiRoot())).GET(),
            stranger,
            RegistryTransport.NOTHING_MOVES);
    if (response.statusCode() >= 500 || response.statusCode() == 429) {
      throw RegistryException.of("request to registry " + endpoint.host(), response);
    }
    Bodies.discard(response);
    Optional<Challenge> challenge =
        response.statusCode() == 401
            ? Challenge.choose(response.headers().allValues("www-authenticate"))
            : Optional.empty();
    remember(endpoint, challenge);
    return challenge;
  }

  private Optional<Optional<Challenge>> remembered(Endpoint endpoint) {
    Known fact = known.get(endpoint.url().toString());
    return fact == null || fact.until.isBefore(clock.instant())
        ? Optional.empty()
        : Optional.of(fact.challenge);
  }

  private void remember(Endpoint endpoint, Optional<Challenge> challenge) {
    Instant now = clock.instant();
    known.values().removeIf(fact -> fact.until.isBefore(now));
    known.put(endpoint.url().toString(), new Known(challenge, now.plus(TRUST)));
  }

  private record Known(Optional<Challenge> challenge, Instant until) {}

  /** Authorization of one principal for some scopes at one endpoint. */
  final class Scoped implements RequestAuthorizer {
    private final Endpoint endpoint;
    private final List<String> scopes;
    private final Authenticator authenticator;

    private Scoped(Endpoint endpoint, List<String> scopes, Authenticator authenticator) {
      this.endpoint = endpoint;
      this.scopes = List.copyOf(scopes);
      this.authenticator = authenticator;
    }

    /**
     * Asks the registry what it wants, then returns what to give to somebody else who will use it
     * for a while.
     */
    Grant grant(Duration life, boolean renew)
        throws IOException, SlipwayException, InterruptedException {
      Optional<Challenge> challenge = challenge(endpoint);
      if (challenge.isEmpty()) {
        return new Grant("", false);
      }
      if (!challenge.get().bearer()) {
        boolean somebody = authenticator.credentials(endpoint.host()).isPresent();
        return new Grant("", somebody);
      }
      return new Grant(
          "Bearer "
              + tokens.token(
                  endpoint, challenge.get(), scopes(challenge.get()), authenticator, renew, life),
          false);
    }

    @Override
    public Optional<String> header() throws SlipwayException, InterruptedException {
      Optional<Challenge> challenge = remembered(endpoint).flatMap(fact -> fact);
      return challenge.isEmpty() ? Optional.empty() : answer(challenge.get(), false);
    }

    @Override
    public boolean challenged(List<String> challenges)
        throws SlipwayException, InterruptedException {
      Optional<Challenge> challenge = Challenge.choose(challenges);
      if (challenge.isEmpty()) {
        return false;
      }
      boolean tried =
          remembered(endpoint)
              .flatMap(fact -> fact)
              .filter(fact -> fact.scheme().equals(challenge.get().scheme()))
              .isPresent();
      remember(endpoint, challenge);
      if (tried && !challenge.get().bearer()) {
        return false;
      }
      return answer(challenge.get(), tried).isPresent();
    }

    private Optional<String> answer(Challenge challenge, boolean renew)
        throws SlipwayException, InterruptedException {
      if (challenge.bearer()) {
        return Optional.of(
            "Bearer "
                + tokens.token(
                    endpoint, challenge, scopes(challenge), authenticator, renew, Duration.ZERO));
      }
      return authenticator.credentials(endpoint.host()).map(Tokens::basic);
    }

    /** Ours; the challenge's own when we know none. */
    private List<String> scopes(Challenge challenge) {
      List<String> all = new ArrayList<>(scopes);
      String asked = challenge.parameter("scope");
      if (all.isEmpty() && !asked.isEmpty()) {
        all.addAll(List.of(asked.split(" ")));
      }
      return all;
    }
  }

  /**
   * What somebody else needs to speak to a registry.
   *
   * @param authorization value of the header, empty = none
   * @param basic whether the registry wants credentials, which are not given away
   */
  record Grant(String authorization, boolean basic) {}
}
