package dev.slipway.certificates;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Requests to workers' and coordinators' HTTP servers. The URLs of those with TLS are {@code
 * https://NAME@HOST:PORT/…}: the server must show a certificate of the farm's CA that has NAME.
 * After a change of the own certificate new connections are made; what is under way ends on the old
 * ones. {@code this} guards the present client. @ThreadSafe
 */
public final class FarmHttpClient implements AutoCloseable {
  private static final String INTERNAL = ".slipway.internal";
  private static final Duration END_PATIENCE = Duration.ofSeconds(1);

  private final Optional<FarmTls> tls;
  private final Supplier<HttpClient.Builder> builders;
  private final @Nullable NamedPeers peers;
  private @Nullable Identity identity;
  private @Nullable HttpClient client;

  /**
   * @param tls empty = the farm has none, all URLs are plain
   * @param builders makes clients of which all is said but TLS
   */
  public FarmHttpClient(Optional<FarmTls> tls, Supplier<HttpClient.Builder> builders) {
    this.tls = tls;
    this.builders = builders;
    this.peers = tls.map(farm -> new NamedPeers(farm.current())).orElse(null);
  }

  /** Whether the URL is of a server of the farm that has TLS. */
  public static boolean isFor(URI url) {
    return url.getUserInfo() != null
        && url.getUserInfo().endsWith(INTERNAL)
        && "https".equals(url.getScheme());
  }

  /** The URL of a server of the farm: plain ones stay as they are, others get the name. */
  public static String named(String url, String name) {
    return url.startsWith("https://") && url.indexOf('@') < 0
        ? "https://" + name + "@" + url.substring("https://".length())
        : url;
  }

  /** Sends and waits; an interrupt cancels it. */
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<T>> answer = sendAsync(request, body);
    try {
      return answer.get();
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      throw switch (e.getCause()) {
        case IOException io -> io;
        case Error error -> throw error;
        case Throwable other -> new IOException(other.getMessage(), other);
      };
    }
  }

  /** Sends; the future fails when the server is another than the one that the URL names. */
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> body) {
    URI url = request.uri();
    if (!isFor(url) || peers == null) {
      return client().sendAsync(request, body);
    }
    String name = url.getUserInfo();
    peers.expect(url, name);
    HttpRequest unnamed =
        HttpRequest.newBuilder(request, (_, _) -> true).uri(withoutName(url)).build();
    CompletableFuture<HttpResponse<T>> sent = client().sendAsync(unnamed, body);
    CompletableFuture<HttpResponse<T>> checked =
        sent.thenApply(response -> {
          // The connection may be an older one, of whoever had that address before.
          if (response.sslSession().filter(session -> isOf(session, name)).isEmpty()) {
            throw new CompletionException(
                new IOException("the server at " + url.getHost() + " is not " + name));
          }
          return response;
        });
    checked.whenComplete((_, _) -> {
      if (checked.isCancelled()) {
        sent.cancel(true);
      }
    });
    return checked;
  }

  private static boolean isOf(SSLSession session, String name) {
    return FarmCaller.of(session)
        .filter(certificate -> NamedPeers.hasName(certificate, name))
        .isPresent();
  }

  private static URI withoutName(URI url) {
    String text = url.toString();
    try {
      return new URI("https://" + text.substring(text.indexOf('@') + 1));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("what is right with a name is right without", e);
    }
  }

  private synchronized HttpClient client() {
    Identity now = tls.map(farm -> farm.current().get().identity()).orElse(null);
    if (client == null || now != identity) {
      if (client != null) {
        client.shutdown();
      }
      identity = now;
      client = now == null ? builders.get().build() : builders.get().sslContext(context()).build();
    }
    return client;
  }

  private SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {new CurrentKey(tls.orElseThrow().current())},
          new TrustManager[] {peers},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  @Override
  public synchronized void close() {
    if (client != null) {
      client.shutdownNow();
      try {
        client.awaitTermination(END_PATIENCE);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
