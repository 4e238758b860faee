package dev.slipway.web.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.config.FarmConfig;
import dev.slipway.identity.Access;
import dev.slipway.oci.Digest;
import dev.slipway.web.access.Viewer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoginTest {
  private static final String TOKEN = "a-token-that-nobody-guesses";
  private static final String HTML = "text/html,application/xhtml+xml";

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger refused = new AtomicInteger();
  private volatile Instant now = Instant.now();
  private Path tokens;
  private Vertx vertx;
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    byte[] digest = Digest.sha256().digest(TOKEN.getBytes(StandardCharsets.UTF_8));
    tokens = Files.writeString(folder.resolve("tokens"), "ann " + HexFormat.of().formatHex(digest));
    String toml =
        """
        [access]
        tokens = "%s"
        [[access.rule]]
        match = { token = "ann" }
        tenant = "team-a"
        """
            .formatted(tokens);
    Login login =
        new Login(
            Access.of(FarmConfig.parse(toml, "t").access(), Optional.empty(), () -> now),
            refused::incrementAndGet);
    vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    login.serve(router, threads);
    router
        .get()
        .handler(context -> {
          context.request().pause();
          threads.execute(() ->
              login.admit(context).ifPresent(viewer -> context.response().end(described(viewer))));
        });
    server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    threads.shutdownNow();
  }

  private static String described(Viewer viewer) {
    return viewer.name() + " sees team-a: " + viewer.sees("team-a") + ", b: " + viewer.sees("b");
  }

  @Test
  void aProgramWithATokenSeesItsTenants() throws Exception {
    assertThat(get("/api/v1/builds", Map.of("Authorization", "Bearer " + TOKEN)).body())
        .isEqualTo("token ann sees team-a: true, b: false");
  }

  @Test
  void aProgramWithoutOneIsToldWhatToShow() throws Exception {
    HttpResponse<String> answer = get("/api/v1/builds", Map.of());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("WWW-Authenticate"))
        .contains("Bearer realm=\"slipway\"");
    assertThat(answer.body()).contains("give a bearer token in the header Authorization");
    assertThat(refused).hasValue(1);
  }

  @Test
  void aBrowserIsAskedAndGetsWhereItWanted() throws Exception {
    HttpResponse<String> sent = get("/builds/x?step=2", Map.of("Accept", HTML));
    assertThat(sent.statusCode()).isEqualTo(303);
    String form = location(sent);
    assertThat(get(form, Map.of("Accept", HTML)).body())
        .contains("value=\"/builds/x?step=2\"")
        .contains("type=\"password\"");

    HttpResponse<String> entered = enter(TOKEN, "/builds/x?step=2", Map.of());

    assertThat(location(entered)).isEqualTo("/builds/x?step=2");
    String cookie = entered.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie).contains("HTTPOnly", "SameSite=Strict", "Path=/");
    assertThat(get("/builds/x", Map.of("Accept", HTML, "Cookie", pair(cookie))).body())
        .startsWith("token ann");
  }

  @Test
  void aWrongTokenShowsTheFormAgainWithTheReasonAndNotTheToken() throws Exception {
    HttpResponse<String> answer = enter("wrong-token", "/builds", Map.of());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).contains("the token is not known here").doesNotContain("wrong-token");
    assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
  }

  @Test
  void theFormLeadsToNoOtherSite() throws Exception {
    assertThat(location(enter(TOKEN, "//evil.test/", Map.of()))).isEqualTo("/builds");
    assertThat(location(enter(TOKEN, "https://evil.test/", Map.of()))).isEqualTo("/builds");
    assertThat(location(enter(TOKEN, "/\\evil.test", Map.of()))).isEqualTo("/builds");
  }

  @Test
  void aFormOfAnotherSiteIsRefused() throws Exception {
    HttpResponse<String> answer = enter(TOKEN, "/builds", Map.of("Origin", "https://evil.test"));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
  }

  @Test
  void aFormOfThisSiteIsTaken() throws Exception {
    assertThat(enter(TOKEN, "/builds", Map.of("Origin", "http://127.0.0.1:" + port())).statusCode())
        .isEqualTo(303);
  }

  @Test
  void aTokenThatIsTakenBackEndsWhatABrowserMayDo() throws Exception {
    String cookie =
        pair(enter(TOKEN, "/builds", Map.of()).headers().firstValue("Set-Cookie").orElseThrow());

    Files.writeString(tokens, "# nobody\n");
    now = now.plus(Duration.ofSeconds(2));

    assertThat(get("/builds", Map.of("Accept", HTML, "Cookie", cookie)).statusCode())
        .isEqualTo(303);
  }

  @Test
  void whoSignsOutHasNoCookieAnyMore() throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(uri("/logout")).POST(BodyPublishers.noBody()).build(),
            BodyHandlers.ofString());

    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow()).contains("Max-Age=0");
  }

  private int port() {
    return server.actualPort();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  private HttpResponse<String> get(String path, Map<String, String> headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).GET();
    headers.forEach(request::header);
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> enter(String token, String next, Map<String, String> headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri("/login"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("token=" + encoded(token) + "&next=" + encoded(next)));
    headers.forEach(request::header);
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String location(HttpResponse<String> answer) {
    return answer.headers().firstValue("Location").orElseThrow();
  }

  /** A cookie as a browser sends it back. */
  private static String pair(String cookie) {
    return cookie.substring(0, cookie.indexOf(';'));
  }
}
