package dev.slipway.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registry in memory that misbehaves on demand. Speaks as much of the OCI distribution-spec as a
 * push and a pull need. Its faults are used up in order by the requests that they
 * match. @ThreadSafe
 */
public final class FakeRegistry implements AutoCloseable {
  public static final String USER = "farmer";
  public static final String PASSWORD = "s3cret";

  private static final Pattern MANIFEST = Pattern.compile("/v2/(.+)/manifests/([^/]+)");
  private static final Pattern BLOB = Pattern.compile("/v2/(.+)/blobs/(sha256:[a-f0-9]{64})");
  private static final Pattern UPLOADS = Pattern.compile("/v2/(.+)/blobs/uploads/");
  private static final Pattern UPLOAD = Pattern.compile("/v2/(.+)/blobs/uploads/([0-9]+)");

  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Auth auth;
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final Map<String, Saved> manifests = new ConcurrentHashMap<>();
  private final Map<String, String> tokens = new ConcurrentHashMap<>();
  private final ConcurrentLinkedDeque<Fault> faults = new ConcurrentLinkedDeque<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private volatile boolean ranges = true;

  /** How clients must authenticate. */
  public enum Auth {
    NONE,
    BASIC,
    /** Tokens, for {@link #USER} or, to pull, for anybody. */
    TOKEN
  }

  /** What goes wrong. */
  public enum Kind {
    TOO_MANY_REQUESTS,
    SERVER_ERROR,
    /** Half of the body, then a closed connection. */
    CUT_BODY,
    /** A closed connection instead of an answer. */
    NO_ANSWER,
    /** Half of the body, then silence until the registry is closed. */
    STALL
  }

  private record Fault(String method, String pathPart, Kind kind) {}

  private record Saved(String mediaType, byte[] content) {}

  private FakeRegistry(Auth auth) throws IOException {
    this.auth = auth;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    server.createContext("/", this::handle);
    server.start();
  }

  public static FakeRegistry start(Auth auth) throws IOException {
    return new FakeRegistry(auth);
  }

  /** {@code 127.0.0.1:port}. */
  public String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** Lets the next matching requests go wrong. */
  public void fail(String method, String pathPart, Kind kind, int times) {
    for (int i = 0; i < times; i++) {
      faults.add(new Fault(method, pathPart, kind));
    }
  }

  /** Answers Range requests with the whole blob from now on. */
  public void ignoreRanges() {
    ranges = false;
  }

  public void putBlob(String repository, byte[] content) {
    blobs.put(repository + "@" + Digest.of(content), content);
  }

  public Optional<byte[]> blob(String repository, Digest digest) {
    return Optional.ofNullable(blobs.get(repository + "@" + digest));
  }

  public void putManifest(String repository, String tag, String mediaType, byte[] content) {
    manifests.put(repository + ":" + tag, new Saved(mediaType, content));
    manifests.put(repository + ":" + Digest.of(content), new Saved(mediaType, content));
  }

  public Optional<byte[]> manifest(String repository, String tagOrDigest) {
    return Optional.ofNullable(manifests.get(repository + ":" + tagOrDigest)).map(Saved::content);
  }

  /** All requests so far: {@code GET /v2/app/manifests/latest?ns=docker.io}. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** How many requests so far started like this. */
  public long count(String start) {
    return requests.stream().filter(request -> request.startsWith(start)).count();
  }

  /** Tokens given out before are worth nothing any more. */
  public void revokeTokens() {
    tokens.clear();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
      Optional<Kind> fault = takeFault(exchange.getRequestMethod(), path);
      if (fault.isPresent() && answeredBadly(exchange, fault.get())) {
        return;
      }
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (path.equals("/token")) {
        token(exchange);
      } else if (authorized(exchange, path)) {
        route(exchange, path, body, fault);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<Kind> takeFault(String method, String path) {
    for (Iterator<Fault> left = faults.iterator(); left.hasNext(); ) {
      Fault fault = left.next();
      if (fault.method.equals(method) && path.contains(fault.pathPart)) {
        left.remove();
        return Optional.of(fault.kind);
      }
    }
    return Optional.empty();
  }

  private static boolean answeredBadly(HttpExchange exchange, Kind kind) throws IOException {
    switch (kind) {
      case TOO_MANY_REQUESTS -> {
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Retry-After", "0");
        error(exchange, 429, "TOOMANYREQUESTS", "slow down");
        return true;
      }
      case SERVER_ERROR -> {
        exchange.getRequestBody().readAllBytes();
        error(exchange, 500, "UNKNOWN", "something broke");
        return true;
      }
      case NO_ANSWER -> {
        return true;
      }
      case CUT_BODY, STALL -> {
        return false;
      }
    }
    return false;
  }

  private void token(HttpExchange exchange) throws IOException {
    String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
    boolean known = basic().equals(exchange.getRequestHeaders().getFirst("Authorization"));
    if (!known && exchange.getRequestHeaders().containsKey("Authorization")) {
      error(exchange, 401, "UNAUTHORIZED", "incorrect username or password");
      return;
    }
    String token = "token-" + numbers.incrementAndGet();
    tokens.put("Bearer " + token, known ? query : query.replace(",push", ""));
    respond(
        exchange,
        200,
        "application/json",
        ("{\"token\":\"" + token + "\",\"expires_in\":300}").getBytes(StandardCharsets.UTF_8));
  }

  private static String basic() {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((USER + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
  }

  private boolean authorized(HttpExchange exchange, String path) throws IOException {
    String authorization =
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse("");
    boolean write =
        !exchange.getRequestMethod().equals("GET") && !exchange.getRequestMethod().equals("HEAD");
    boolean permitted =
        switch (auth) {
          case NONE -> true;
          case BASIC -> authorization.equals(basic());
          case TOKEN ->
              tokens.containsKey(authorization)
                  && (path.equals("/v2/") || !write || tokens.get(authorization).contains("push"));
        };
    if (!permitted) {
      String challenge =
          auth == Auth.BASIC
              ? "Basic realm=\"fake\""
              : "Bearer realm=\"http://"
                  + host()
                  + "/token\",service=\"fake\",scope=\"repository:x:pull\"";
      exchange.getResponseHeaders().set("WWW-Authenticate", challenge);
      error(exchange, 401, "UNAUTHORIZED", "authentication required");
    }
    return permitted;
  }

  private void route(HttpExchange exchange, String path, byte[] body, Optional<Kind> fault)
      throws IOException, InterruptedException {
    Matcher manifest = MANIFEST.matcher(path);
    Matcher blob = BLOB.matcher(path);
    Matcher uploads = UPLOADS.matcher(path);
    Matcher upload = UPLOAD.matcher(path);
    if (path.equals("/v2/")) {
      respond(exchange, 200, "application/json", "{}".getBytes(StandardCharsets.UTF_8));
    } else if (uploads.matches()) {
      startUpload(exchange, uploads.group(1));
    } else if (upload.matches()) {
      finishUpload(exchange, upload.group(1), body);
    } else if (blob.matches()) {
      blob(exchange, blob.group(1) + "@" + blob.group(2), fault);
    } else if (manifest.matches()) {
      manifest(exchange, manifest.group(1), manifest.group(2), body);
    } else {
      error(exchange, 404, "UNSUPPORTED", path);
    }
  }

  private void startUpload(HttpExchange exchange, String repository) throws IOException {
    String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
    Matcher mount = Pattern.compile("mount=(sha256:[a-f0-9]{64})&from=(.+)").matcher(query);
    if (mount.matches() && blobs.containsKey(mount.group(2) + "@" + mount.group(1))) {
      blobs.put(
          repository + "@" + mount.group(1), blobs.get(mount.group(2) + "@" + mount.group(1)));
      respond(exchange, 201, "", new byte[0]);
      return;
    }
    exchange
        .getResponseHeaders()
        .set(
            "Location",
            "/v2/" + repository + "/blobs/uploads/" + numbers.incrementAndGet() + "?state=1");
    respond(exchange, 202, "", new byte[0]);
  }

  private void finishUpload(HttpExchange exchange, String repository, byte[] body)
      throws IOException {
    if (exchange.getRequestMethod().equals("DELETE")) {
      respond(exchange, 204, "", new byte[0]);
    } else if (!exchange.getRequestURI().getQuery().contains("digest=" + Digest.of(body))) {
      error(exchange, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    } else {
      putBlob(repository, body);
      respond(exchange, 201, "", new byte[0]);
    }
  }

  private void blob(HttpExchange exchange, String key, Optional<Kind> fault)
      throws IOException, InterruptedException {
    byte[] content = blobs.get(key);
    if (content == null) {
      error(exchange, 404, "BLOB_UNKNOWN", "blob unknown to registry");
      return;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from =
        range == null || !ranges ? 0 : Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
    byte[] part = Arrays.copyOfRange(content, from, content.length);
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, part.length);
    OutputStream out = exchange.getResponseBody();
    if (fault.isEmpty()) {
      out.write(part);
      out.close();
      return;
    }
    out.write(part, 0, part.length / 2);
    out.flush();
    if (fault.get() == Kind.STALL) {
      Thread.sleep(Long.MAX_VALUE); // ended by close()
    }
  }

  private void manifest(HttpExchange exchange, String repository, String object, byte[] body)
      throws IOException {
    String key = repository + ":" + object;
    if (exchange.getRequestMethod().equals("PUT")) {
      Saved saved = new Saved(exchange.getRequestHeaders().getFirst("Content-Type"), body);
      manifests.put(key, saved);
      manifests.put(repository + ":" + Digest.of(body), saved);
      exchange.getResponseHeaders().set("Docker-Content-Digest", Digest.of(body).value());
      respond(exchange, 201, "", new byte[0]);
    } else if (!manifests.containsKey(key)) {
      error(exchange, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    } else {
      respond(exchange, 200, manifests.get(key).mediaType, manifests.get(key).content);
    }
  }

  private static void error(HttpExchange exchange, int status, String code, String message)
      throws IOException {
    byte[] body =
        ("{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    respond(exchange, status, "application/json", body);
  }

  private static void respond(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    if (!contentType.isEmpty()) {
      exchange.getResponseHeaders().set("Content-Type", contentType);
    }
    boolean empty = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, empty ? -1 : body.length);
    if (!empty) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
