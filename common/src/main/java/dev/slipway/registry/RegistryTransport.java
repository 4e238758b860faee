package dev.slipway.registry;

import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.certificates.FarmTls;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.WatchedStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Requests to registries: time-outs, redirects, Authorization. Nothing is tried twice here, except
 * once after a 401. HTTP/1.1 only: blobs want a connection each, and registries' HTTP/2 front ends
 * cut long streams. @ThreadSafe
 */
public final class RegistryTransport implements AutoCloseable {
  static final String USER_AGENT = "slipway/0.1";

  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(15);

  /** Storage behind registries redirects once or twice. */
  private static final int MOST_REDIRECTS = 5;

  /** Answers without a stream: nothing moves while we wait for them. */
  static final LongSupplier NOTHING_MOVES = () -> 0;

  private final Duration patience;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("registry-watch").factory());
  private final HttpClient verifying;
  private final HttpClient trusting;
  private final FarmHttpClient farm;

  /**
   * @param patience how long a peer may neither answer nor take or give a byte
   */
  public RegistryTransport(Duration patience) {
    this(patience, Optional.empty());
  }

  /**
   * @param patience how long a peer may neither answer nor take or give a byte
   * @param tls of the farm's own servers, some of which have blobs too
   */
  public RegistryTransport(Duration patience, Optional<FarmTls> tls) {
    this.patience = patience;
    this.verifying = client().build();
    this.trusting = client().sslContext(TrustAll.context()).build();
    this.farm = new FarmHttpClient(tls, this::client);
  }

  private HttpClient.Builder client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(CONNECT_PATIENCE)
        .executor(executor);
  }

  /**
   * Sends and follows redirects; the Authorization header stays with the host it is for. The caller
   * closes the body, which fails when it stalls.
   *
   * @param request makes the request, anew for each try
   * @param sent bytes of the request body that left, to tell slow from stuck
   */
  HttpResponse<InputStream> send(RequestMaker request, Peer peer, LongSupplier sent)
      throws IOException, SlipwayException, InterruptedException {
    HttpResponse<InputStream> response = sendOnce(request, peer, sent);
    if (response.statusCode() == 401
        && peer.authorizer().challenged(response.headers().allValues("www-authenticate"))) {
      response.body().close();
      response = sendOnce(request, peer, sent);
    }
    return response;
  }

  private HttpResponse<InputStream> sendOnce(RequestMaker maker, Peer peer, LongSupplier sent)
      throws IOException, SlipwayException, InterruptedException {
    Optional<String> authorization = peer.authorizer().header();
    HttpRequest first = maker.make(Optional.empty()).setHeader("User-Agent", USER_AGENT).build();
    HttpRequest request =
        authorization.isEmpty()
            ? first
            : HttpRequest.newBuilder(first, (_, _) -> true)
                .setHeader("Authorization", authorization.get())
                .build();
    for (int redirects = 0; ; redirects++) {
      HttpResponse<InputStream> response = exchange(request, peer, sent);
      Optional<URI> next = redirection(request, response);
      if (next.isEmpty()) {
        return response;
      }
      response.body().close();
      if (redirects == MOST_REDIRECTS) {
        throw new IOException(
            "registry redirects in circles: " + RegistryException.redact(next.get()));
      }
      HttpRequest.Builder redirected = maker.make(next).setHeader("User-Agent", USER_AGENT);
      if (authorization.isPresent() && sameOrigin(first.uri(), next.get())) {
        redirected.setHeader("Authorization", authorization.get());
      }
      request = redirected.build();
    }
  }

  private static Optional<URI> redirection(HttpRequest request, HttpResponse<?> response)
      throws IOException {
    boolean readOnly = request.method().equals("GET") || request.method().equals("HEAD");
    boolean redirect =
        switch (response.statusCode()) {
          case 301, 302, 303, 307, 308 -> true;
          default -> false;
        };
    if (!readOnly || !redirect) {
      return Optional.empty();
    }
    Optional<String> location = response.headers().firstValue("location");
    if (location.isEmpty()) {
      return Optional.empty();
    }
    URI next = resolve(request.uri(), location.get());
    if (request.uri().getScheme().equals("https") && !"https".equals(next.getScheme())) {
      throw new IOException("registry redirects from https to " + next.getScheme());
    }
    return Optional.of(next);
  }

  static URI resolve(URI base, String location) throws IOException {
    try {
      URI next = base.resolve(location);
      if (next.getHost() == null
          || !("http".equals(next.getScheme()) || "https".equals(next.getScheme()))) {
        throw new IOException("registry gave a location that is no http URL");
      }
      return next;
    } catch (IllegalArgumentException e) {
      throw new IOException("registry gave a malformed location", e);
    }
  }

  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equals(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }

  private HttpResponse<InputStream> exchange(HttpRequest request, Peer peer, LongSupplier sent)
      throws IOException, InterruptedException {
    Duration patience = peer.patience().orElse(this.patience);
    CompletableFuture<HttpResponse<InputStream>> exchange =
        FarmHttpClient.isFor(request.uri())
            ? farm.sendAsync(request, BodyHandlers.ofInputStream())
            : (peer.insecureTls() ? trusting : verifying)
                .sendAsync(request, BodyHandlers.ofInputStream());
    long before = sent.getAsLong();
    try {
      while (true) {
        try {
          HttpResponse<InputStream> answer =
              exchange.get(patience.toMillis(), TimeUnit.MILLISECONDS);
          return new WatchedResponse(answer, new WatchedStream(answer.body(), watch, patience));
        } catch (TimeoutException e) {
          long now = sent.getAsLong();
          if (now == before) {
            throw new HttpTimeoutException("no answer within " + patience.toSeconds() + " s");
          }
          before = now;
        }
      }
    } catch (ExecutionException e) {
      throw asIoException(e.getCause());
    } finally {
      if (!exchange.isDone()) {
        exchange.cancel(true);
      }
    }
  }

  /** Keeps the type, which says what went wrong, and adds this thread's stack. */
  private static IOException asIoException(Throwable cause) {
    return switch (cause) {
      case IOException io -> io;
      case Error error -> throw error;
      default -> new IOException(cause.getMessage(), cause);
    };
  }

  @Override
  public void close() {
    farm.close();
    verifying.shutdownNow();
    trusting.shutdownNow();
    watch.shutdownNow();
    executor.shutdownNow();
  }

  /** Makes a request. */
  interface RequestMaker {
    /**
     * @param redirectedTo the URL to use instead of the first one
     */
    HttpRequest.Builder make(Optional<URI> redirectedTo) throws IOException;
  }

  /**
   * Whom a request goes to.
   *
   * @param patience as of the transport, when it is another one here
   */
  record Peer(RequestAuthorizer authorizer, boolean insecureTls, Optional<Duration> patience) {
    Peer(RequestAuthorizer authorizer, boolean insecureTls) {
      this(authorizer, insecureTls, Optional.empty());
    }
  }
}
