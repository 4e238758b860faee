package dev.slipway.fetch.http;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.Reach;
import dev.slipway.http.WatchedStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.zip.GZIPInputStream;

/**
 * Requests for sources, redirects followed: every hop is checked before it is connected to, and
 * Authorization stays with the host that it is for. @ThreadSafe
 */
final class HttpExchanges implements AutoCloseable {
  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(30);

  /** Until the headers of an answer: some servers make the file only when it is asked for. */
  private static final Duration ANSWER_PATIENCE = Duration.ofMinutes(2);

  /** How long a body may give nothing. */
  private static final Duration STALL = Duration.ofMinutes(1);

  /** As Go's client, and so BuildKit, follows. */
  private static final int MOST_REDIRECTS = 10;

  /** Servers that let BuildKit in know it by the first word. */
  private static final String USER_AGENT = "buildkit/v0.32 (slipway/0.1)";

  private static final String GZIP = "gzip";

  private final Reach reach;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("fetch-watch").factory());
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_PATIENCE)
          .executor(executor)
          .build();

  HttpExchanges(Reach reach) {
    this.reach = reach;
  }

  /**
   * An answer; whoever has it closes the body.
   *
   * @param body decompressed when the server compressed it for the transfer
   */
  record Answer(int status, HttpHeaders headers, InputStream body) implements AutoCloseable {
    Optional<String> header(String name) {
      return headers.firstValue(name).filter(value -> !value.isEmpty());
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /**
   * Sends a request without a body.
   *
   * @throws SlipwayException DENIED when it would go where builds may not, UNAVAILABLE when the
   *     server cannot be reached
   */
  Answer send(String method, String url, Map<String, String> headers)
      throws SlipwayException, InterruptedException {
    URI first = uri(url);
    URI next = first;
    for (int redirects = 0; ; redirects++) {
      HttpResponse<InputStream> response = exchange(method, next, first, headers);
      Optional<URI> location = location(next, response);
      if (location.isEmpty()) {
        return answer(method, shown(next), response);
      }
      discard(response);
      if (redirects == MOST_REDIRECTS) {
        throw new SlipwayException(
            ErrorKind.INVALID, what(method, url) + ": stopped after 10 redirects");
      }
      next = location.get();
    }
  }

  private HttpResponse<InputStream> exchange(
      String method, URI target, URI first, Map<String, String> headers)
      throws SlipwayException, InterruptedException {
    reach.check(target.getHost());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(withoutUser(target))
            .timeout(ANSWER_PATIENCE)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .setHeader("User-Agent", USER_AGENT)
            .setHeader("Accept-Encoding", GZIP);
    if (target.getRawUserInfo() != null) {
      request.setHeader("Authorization", "Basic " + basic(target));
    }
    boolean home = target.getHost().equalsIgnoreCase(first.getHost());
    headers.forEach((name, value) -> {
      if (home || !name.equals("Authorization")) {
        request.setHeader(name, value);
      }
    });
    try {
      return client.send(request.build(), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, what(method, shown(target)) + ": " + reason(e), e);
    }
  }

  private Answer answer(String method, String url, HttpResponse<InputStream> response)
      throws SlipwayException {
    InputStream body = new WatchedStream(response.body(), watch, STALL);
    boolean compressed =
        response.headers().firstValue("Content-Encoding").orElse("").equalsIgnoreCase(GZIP);
    if (!compressed || method.equals("HEAD")) {
      return new Answer(response.statusCode(), response.headers(), body);
    }
    try {
      return new Answer(response.statusCode(), response.headers(), new GZIPInputStream(body));
    } catch (IOException e) {
      discard(response);
      throw new SlipwayException(
          ErrorKind.INVALID, what(method, url) + ": its gzip is broken: " + e.getMessage(), e);
    }
  }

  private static Optional<URI> location(URI from, HttpResponse<?> response)
      throws SlipwayException {
    boolean redirect =
        switch (response.statusCode()) {
          case 301, 302, 303, 307, 308 -> true;
          default -> false;
        };
    Optional<String> location = response.headers().firstValue("Location");
    if (!redirect || location.isEmpty()) {
      return Optional.empty();
    }
    URI next;
    try {
      next = from.resolve(escaped(location.get()));
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, shown(from) + " redirects to a malformed location", e);
    }
    return Optional.of(checked(next));
  }

  private static void discard(HttpResponse<InputStream> response) {
    try {
      response.body().close();
    } catch (IOException e) {
      // Nothing of it is wanted; the connection goes, no more.
    }
  }

  private static URI uri(String url) throws SlipwayException {
    try {
      return checked(new URI(escaped(url)));
    } catch (URISyntaxException e) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid URL: " + e.getReason(), e);
    }
  }

  private static URI checked(URI url) throws SlipwayException {
    boolean known = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!known || url.getHost() == null) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid URL \"" + shown(url) + "\"");
    }
    return url;
  }

  /** URLs that browsers and BuildKit take, and the letter of RFC 3986 does not. */
  private static String escaped(String url) {
    StringBuilder clean = new StringBuilder();
    for (char c : url.toCharArray()) {
      if (c <= ' ' || "\"<>\\^`{|}".indexOf(c) >= 0) {
        clean.append("%%%02X".formatted((int) c));
      } else {
        clean.append(c);
      }
    }
    return clean.toString();
  }

  private static URI withoutUser(URI url) {
    if (url.getRawUserInfo() == null && url.getRawFragment() == null) {
      return url;
    }
    String text = url.toASCIIString();
    if (url.getRawUserInfo() != null) {
      text = text.replaceFirst("//[^/@]*@", "//");
    }
    return URI.create(text.replaceFirst("#.*$", ""));
  }

  private static String basic(URI url) {
    String user = url.getUserInfo();
    String both = user.indexOf(':') < 0 ? user + ":" : user;
    return Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  private static String shown(URI url) {
    return url.toString().replaceFirst("//[^/@]*@", "//xxxxx:xxxxx@");
  }

  private static String what(String method, String url) {
    return method.charAt(0)
        + method.substring(1).toLowerCase(java.util.Locale.ROOT)
        + " \""
        + url.replaceFirst("//[^/@]*@", "//xxxxx:xxxxx@")
        + "\"";
  }

  /** Some of the JDK's failures say nothing but their class. */
  private static String reason(IOException e) {
    String message = e.getMessage();
    return switch (e) {
      case java.net.ConnectException _ when message == null -> "connection refused";
      default -> message == null ? e.getClass().getSimpleName() : message;
    };
  }

  @Override
  public void close() {
    client.shutdownNow();
    watch.shutdownNow();
    executor.shutdownNow();
  }
}
