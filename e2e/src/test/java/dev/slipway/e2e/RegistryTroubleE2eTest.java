package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Registries that are down, refuse, are slow, or ask to come back later. Loopback registries speak
 * plain HTTP by default.
 */
class RegistryTroubleE2eTest {
  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();
  private final BuildDirectory app = BuildDirectory.of("FROM busybox\nRUN echo trouble > /file\n");

  @Test
  void saysThatARegistryIsDown() throws IOException {
    String down = "127.0.0.1:" + LocalRegistry.freePort();

    Command.Result pull =
        farm.buildx().build(BuildDirectory.of("FROM " + down + "/app:1\n").path());
    Command.Result push = farm.buildx().build(app.path(), "-t", down + "/app:1", "--push");

    assertThat(pull.exitCode()).isNotZero();
    assertThat(pull.output()).contains(down).containsIgnoringCase("refused");
    assertThat(push.exitCode()).isNotZero();
    assertThat(push.output()).contains(down).containsIgnoringCase("refused");
  }

  @Test
  void saysThatARegistryRefusesAPush() throws IOException {
    try (Front front = Front.of(exchange -> answer(exchange, 403, ""))) {
      Command.Result result =
          farm.buildx().build(app.path(), "-t", front.address() + "/app:1", "--push");

      assertThat(result.exitCode()).isNotZero();
      assertThat(result.output()).contains(front.address()).contains("403");
    }
  }

  @Test
  void waitsForASlowRegistry() throws IOException {
    try (Front front = Front.before(registry, _ -> sleep(Duration.ofMillis(700)))) {
      farm.buildx().build(app.path(), "-t", front.address() + "/slow/app:1", "--push").orThrow();

      assertThat(PushedImage.read(registry, "slow/app", "1", "amd64").text("file"))
          .isEqualTo("trouble\n");
    }
  }

  @Test
  void comesBackWhenARegistryIsBusy() throws IOException {
    AtomicInteger turnedAway = new AtomicInteger();
    Gate gate =
        exchange -> {
          // Every fifth: an upload that starts anew after a refusal (three requests) does not meet
          // one each time.
          if (turnedAway.getAndIncrement() % 5 == 0) {
            exchange.getResponseHeaders().set("Retry-After", "0");
            answer(exchange, turnedAway.get() % 2 == 0 ? 429 : 503, "");
          }
        };
    try (Front front = Front.before(registry, gate)) {
      farm.buildx().build(app.path(), "-t", front.address() + "/busy/app:1", "--push").orThrow();

      assertThat(PushedImage.read(registry, "busy/app", "1", "amd64").text("file"))
          .isEqualTo("trouble\n");
    }
  }

  private static void sleep(Duration duration) throws IOException {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  /** Does something to a request, perhaps answers it. */
  private interface Gate {
    void pass(HttpExchange exchange) throws IOException;
  }

  /** An HTTP server in front of a real registry. */
  private record Front(HttpServer server) implements AutoCloseable {
    private static final HttpClient CLIENT =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static Front of(Gate all) throws IOException {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/", all::pass);
      server.start();
      return new Front(server);
    }

    static Front before(LocalRegistry registry, Gate gate) throws IOException {
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
            response.statusCode(),
            head || response.body().length == 0 ? -1 : response.body().length);
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

    String address() {
      return "127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
