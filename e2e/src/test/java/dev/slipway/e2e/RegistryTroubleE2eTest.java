package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Registries that are down, refuse, are slow, or ask to come back later. Loopback registries speak
 * plain HTTP by default.
 */
@OnSharedFarm
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
    try (RegistryFront front = RegistryFront.of(exchange -> answer(exchange, 403, ""))) {
      Command.Result result =
          farm.buildx().build(app.path(), "-t", front.address() + "/app:1", "--push");

      assertThat(result.exitCode()).isNotZero();
      assertThat(result.output()).contains(front.address()).contains("403");
    }
  }

  @Test
  void waitsForASlowRegistry() throws IOException {
    try (RegistryFront front = RegistryFront.before(registry, _ -> sleep(Duration.ofMillis(700)))) {
      farm.buildx().build(app.path(), "-t", front.address() + "/slow/app:1", "--push").orThrow();

      assertThat(PushedImage.read(registry, "slow/app", "1", "amd64").text("file"))
          .isEqualTo("trouble\n");
    }
  }

  @Test
  void comesBackWhenARegistryIsBusy() throws IOException {
    AtomicInteger turnedAway = new AtomicInteger();
    RegistryFront.Gate gate =
        exchange -> {
          // Every fifth: an upload that starts anew after a refusal (three requests) does not meet
          // one each time.
          if (turnedAway.getAndIncrement() % 5 == 0) {
            exchange.getResponseHeaders().set("Retry-After", "0");
            answer(exchange, turnedAway.get() % 2 == 0 ? 429 : 503, "");
          }
        };
    try (RegistryFront front = RegistryFront.before(registry, gate)) {
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
}
