package dev.slipway.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.OciJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Bearer tokens of registries, kept until shortly before they expire. Distribution's token
 * specification; identity tokens by its OAuth2 form. @ThreadSafe
 */
final class Tokens {
  /** The specification's life of a token that does not say. */
  private static final long DEFAULT_LIFE_SECONDS = 60;

  private static final int LARGEST_ANSWER = 256 * 1024;
  private static final int MOST_TOKENS = 2048;

  /** A token that ends within this is not handed out any more. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  private final RegistryTransport transport;
  private final Retries retries;
  private final Clock clock;

  /** Guarded by this. Least recently used first. */
  private final Map<Key, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

  Tokens(RegistryTransport transport, Retries retries, Clock clock) {
    this.transport = transport;
    this.retries = retries;
    this.clock = clock;
  }

  /**
   * Returns a token that lives for another {@code life} if the registry makes such.
   *
   * @param renew whether a kept token was refused
   */
  String token(
      Endpoint endpoint,
      Challenge challenge,
      List<String> scopes,
      Authenticator authenticator,
      boolean renew,
      Duration life)
      throws SlipwayException, InterruptedException {
    Key key =
        new Key(
            endpoint.url().toString(),
            challenge.parameter("realm"),
            List.copyOf(scopes),
            authenticator);
    if (!renew) {
      synchronized (this) {
        Kept token = kept.get(key);
        if (token != null && token.usable(clock.instant(), life)) {
          return token.value;
        }
      }
    }
    Authenticator.Token fresh = fetch(endpoint, challenge, scopes, authenticator);
    synchronized (this) {
      Instant now = clock.instant();
      kept.values().removeIf(token -> token.expires.isBefore(now));
      if (kept.size() >= MOST_TOKENS) {
        kept.remove(kept.keySet().iterator().next());
      }
      long seconds = fresh.expiresInSeconds() > 0 ? fresh.expiresInSeconds() : DEFAULT_LIFE_SECONDS;
      kept.put(key, new Kept(fresh.value(), now, now.plusSeconds(seconds)));
    }
    return fresh.value();
  }

  private Authenticator.Token fetch(
      Endpoint endpoint, Challenge challenge, List<String> scopes, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    String realm = challenge.parameter("realm");
    Optional<Authenticator.Token> fromClient =
        authenticator.fetchToken(
            new Authenticator.TokenRequest(
                endpoint.host(), realm, challenge.parameter("service"), scopes));
    if (fromClient.isPresent()) {
      return fromClient.get();
    }
    Optional<Authenticator.Credentials> credentials = authenticator.credentials(endpoint.host());
    URI realmUrl = realmUrl(endpoint, realm);
    String what = "authorization at " + RegistryException.redact(realmUrl);
    return retries.run(
        what,
        realmUrl.getAuthority(),
        () ->
            request(what, endpoint, realmUrl, challenge.parameter("service"), scopes, credentials));
  }

  private static URI realmUrl(Endpoint endpoint, String realm) throws SlipwayException {
    try {
      URI url = URI.create(realm);
      boolean http = "http".equals(url.getScheme()) && endpoint.url().getScheme().equals("http");
      if (url.getHost() != null && (http || "https".equals(url.getScheme()))) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new SlipwayException(
        ErrorKind.INVALID,
        "registry " + endpoint.host() + " names no usable authorization server: \"" + realm + "\"");
  }

  private Authenticator.Token request(
      String what,
      Endpoint endpoint,
      URI realm,
      String service,
      List<String> scopes,
      Optional<Authenticator.Credentials> credentials)
      throws IOException, SlipwayException, InterruptedException {
    boolean identityToken = credentials.isPresent() && credentials.get().userName().isEmpty();
    RegistryTransport.Peer peer =
        new RegistryTransport.Peer(RequestAuthorizer.fixed(""), endpoint.insecureTls());
    HttpResponse<InputStream> response =
        transport.send(
            to -> {
              URI url = to.orElse(realm);
              return identityToken
                  ? post(url, service, scopes, credentials.get().secret())
                  : get(url, realm, service, scopes, credentials);
            },
            peer,
            RegistryTransport.NOTHING_MOVES);
    if (response.statusCode() != 200) {
      throw RegistryException.of(what, response);
    }
    JsonNode answer = OciJson.tree(Bodies.read(response, LARGEST_ANSWER, what));
    String token = answer.path("token").asText(answer.path("access_token").asText(""));
    if (token.isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, what + " failed: the answer has no token");
    }
    return new Authenticator.Token(token, answer.path("expires_in").asLong(DEFAULT_LIFE_SECONDS));
  }

  private static HttpRequest.Builder get(
      URI url,
      URI realm,
      String service,
      List<String> scopes,
      Optional<Authenticator.Credentials> credentials) {
    if (!url.equals(realm)) {
      return HttpRequest.newBuilder(url).GET();
    }
    StringBuilder query =
        new StringBuilder(realm.getRawQuery() == null ? "?" : "&")
            .append("service=")
            .append(encode(service));
    scopes.forEach(scope -> query.append("&scope=").append(encode(scope)));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(realm.toString() + query)).GET();
    credentials.ifPresent(user -> request.setHeader("Authorization", basic(user)));
    return request;
  }

  private static HttpRequest.Builder post(
      URI url, String service, List<String> scopes, String identityToken) {
    String form =
        "grant_type=refresh_token&service="
            + encode(service)
            + "&client_id=slipway&scope="
            + encode(String.join(" ", scopes))
            + "&refresh_token="
            + encode(identityToken);
    return HttpRequest.newBuilder(url)
        .setHeader("Content-Type", "application/x-www-form-urlencoded")
        .POST(BodyPublishers.ofString(form));
  }

  /** Value of the Authorization header for the credentials. */
  static String basic(Authenticator.Credentials credentials) {
    byte[] plain =
        (credentials.userName() + ":" + credentials.secret()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(plain);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private record Key(
      String endpoint, String realm, List<String> scopes, Authenticator authenticator) {}

  private record Kept(String value, Instant made, Instant expires) {
    /** A token made just now is usable however short its life: there is no better one. */
    boolean usable(Instant now, Duration life) {
      Duration whole = Duration.between(made, expires);
      Duration wanted = life.compareTo(whole.dividedBy(2)) > 0 ? whole.dividedBy(2) : life;
      Duration needed =
          wanted.compareTo(MARGIN) < 0 && whole.compareTo(MARGIN.multipliedBy(2)) > 0
              ? MARGIN
              : wanted;
      return now.plus(needed).isBefore(expires);
    }
  }
}
