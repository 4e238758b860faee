package dev.slipway.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/** An HTTP server in front of a real registry. */
record RegistryFront(HttpServer server) implements AutoCloseable {
  /** Does something to a request, perhaps answers it. */
  interface Gate {
    void pass(HttpExchange exchange) throws IOException;
  }

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static RegistryFront of(Gate all) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", all::pass);
    server.start();
    return new RegistryFront(server);
  }

  static RegistryFront before(LocalRegistry registry, Gate gate) throws IOException {
    return of(exchange -> {
      gate.pass(exchange);
      if (exchange.getResponseCode() < 0) {
        forward(registry, exchange);
      }
    });
  }

  private static void forward(LocalRegistry registry, HttpExchange exchange) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://" + registry.address() + exchange.getRequestURI()))
            .method(
                exchange.getRequestMethod(),
                HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
    for (String header :
        List.of("Accept", "Content-Type", "Content-Range", "Range", "Authorization")) {
      if (exchange.getRequestHeaders().containsKey(header)) {
        exchange.getRequestHeaders().get(header).forEach(value -> request.header(header, value));
      }
    }
    try {
      HttpResponse<byte[]> response =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      for (Map.Entry<String, List<String>> header : response.headers().map().entrySet()) {
        if (header.getKey().equalsIgnoreCase("location")) {
          exchange
              .getResponseHeaders()
              .set("Location", header.getValue().getFirst().replaceFirst("^http://[^/]+", ""));
        } else if (!header.getKey().equalsIgnoreCase("content-length")
            && !header.getKey().equalsIgnoreCase("transfer-encoding")) {
          exchange.getResponseHeaders().put(header.getKey(), header.getValue());
        }
      }
      boolean head = exchange.getRequestMethod().equals("HEAD");
      response
          .headers()
          .firstValue("content-length")
          .filter(_ -> head)
          .ifPresent(length -> exchange.getResponseHeaders().set("Content-Length", length));
      exchange.sendResponseHeaders(
          response.statusCode(), head || response.body().length == 0 ? -1 : response.body().length);
      try (var out = exchange.getResponseBody()) {
        if (!head) {
          out.write(response.body());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** buildkitd.toml in which it is Docker Hub. */
  String mirrorConfig() {
    return "[registry.\"docker.io\"]\n  mirrors = [\"%s\"]\n".formatted(address());
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
