package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Finds out whether a registry that was called insecure speaks https or plain http. @ThreadSafe */
final class Schemes {
  /** What TLS servers answer to plain text. */
  private static final int BAD_REQUEST = 400;

  private static final Duration TRUST = Duration.ofMinutes(30);

  private final RegistryTransport transport;
  private final Clock clock;
  private final Map<URI, Plain> known = new ConcurrentHashMap<>();

  Schemes(RegistryTransport transport, Clock clock) {
    this.transport = transport;
    this.clock = clock;
  }

  /** The endpoint with the scheme it speaks; secure and plain ones are returned as they are. */
  Endpoint settle(Endpoint endpoint) throws SlipwayException, InterruptedException {
    if (!endpoint.insecureTls() || !endpoint.url().getScheme().equals("https")) {
      return endpoint;
    }
    Plain fact = known.get(endpoint.url());
    if (fact == null || fact.until.isBefore(clock.instant())) {
      boolean http = speaksHttp(endpoint);
      if (!http && !answers(endpoint, endpoint.url())) {
        // It says nothing either way just now: that is no fact to be kept.
        return endpoint;
      }
      fact = new Plain(http, clock.instant().plus(TRUST));
      known.put(endpoint.url(), fact);
    }
    return fact.http
        ? new Endpoint(
            endpoint.host(), plain(endpoint.url()), endpoint.prefix(), endpoint.namespace(), true)
        : endpoint;
  }

  /**
   * A TLS server says at once that it cannot read plain text, while a plain server may wait for the
   * end of what it takes for a line: so plain text is tried first, except at the standard port of
   * https.
   */
  private boolean speaksHttp(Endpoint endpoint) throws SlipwayException, InterruptedException {
    URI url = endpoint.url();
    return url.getPort() < 0
        ? !answers(endpoint, url) && answers(endpoint, plain(url))
        : answers(endpoint, plain(url));
  }

  private static URI plain(URI url) {
    return URI.create("http" + url.toString().substring("https".length()));
  }

  private boolean answers(Endpoint endpoint, URI url)
      throws SlipwayException, InterruptedException {
    try {
      HttpResponse<InputStream> response =
          transport.send(
              to -> HttpRequest.newBuilder(to.orElse(URI.create(url + "/v2/"))).GET(),
              new RegistryTransport.Peer(RequestAuthorizer.fixed(""), endpoint.insecureTls()),
              RegistryTransport.NOTHING_MOVES);
      Bodies.discard(response);
      return response.statusCode() != BAD_REQUEST
          && RegistryTransport.sameOrigin(response.uri(), url);
    } catch (IOException e) {
      return false;
    }
  }

  private record Plain(boolean http, Instant until) {}
}
