package dev.slipway.certificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker's server with the farm's TLS, and those who ask it. */
class FarmHttpClientTest {
  @TempDir private Path folder;
  private final Authority authority =
      Authority.create("farm", Duration.ofDays(1), Clock.systemUTC());
  private final Vertx vertx = Vertx.vertx();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  private FarmTls tls(Authority issuer, String id) throws Exception {
    issue(issuer, id);
    FarmTls tls = FarmTls.start(new IdentityFolder(folder.resolve(id)).files(), Clock.systemUTC());
    open.add(tls);
    return tls;
  }

  private void issue(Authority issuer, String id) throws Exception {
    new IdentityFolder(folder.resolve(id))
        .write(
            issuer.issue(
                new Subject(
                    id,
                    List.of(WorkerName.of(id)),
                    Set.of(Use.SERVER, Use.CLIENT),
                    Duration.ofHours(1))),
            issuer.chain());
  }

  /** Answers with who asks. */
  private int serve(FarmTls tls) throws Exception {
    return vertx
        .createHttpServer(tls.over(new HttpServerOptions()))
        .requestHandler(request ->
            request.response().end(tls.judge(request.connection().sslSession()).toString()))
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(5, TimeUnit.SECONDS)
        .actualPort();
  }

  private FarmHttpClient client(Optional<FarmTls> tls) {
    FarmHttpClient client =
        new FarmHttpClient(tls, () -> HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1));
    open.add(client);
    return client;
  }

  private static String get(FarmHttpClient client, String id, int port) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(
                    URI.create(
                        FarmHttpClient.named("https://127.0.0.1:" + port, WorkerName.of(id))
                            + "/x"))
                .timeout(Duration.ofSeconds(10))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void theServerKnowsWhoAsks() throws Exception {
    int port = serve(tls(authority, "w-1"));

    assertThat(get(client(Optional.of(tls(authority, "w-2"))), "w-1", port))
        .isEqualTo("Member[worker=Optional[w-2]]");
  }

  @Test
  void anotherWorkerAtThatAddressIsNotTheOneThatWasNamed() throws Exception {
    int port = serve(tls(authority, "w-3"));
    FarmHttpClient client = client(Optional.of(tls(authority, "w-2")));

    assertThatThrownBy(() -> get(client, "w-1", port))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the server is not w-1.worker.slipway.internal");
    assertThat(get(client, "w-3", port)).contains("w-2");
    // The connection that is open is of the other one.
    assertThatThrownBy(() -> get(client, "w-1", port)).hasMessageContaining("is not w-1");
  }

  @Test
  void aServerOfAnotherFarmIsNotTrusted() throws Exception {
    Authority other = Authority.create("other", Duration.ofDays(1), Clock.systemUTC());
    int port = serve(tls(other, "w-1"));

    assertThatThrownBy(() -> get(client(Optional.of(tls(authority, "w-2"))), "w-1", port))
        .isInstanceOf(IOException.class);
  }

  @Test
  void whoHasNoCertificateOrOneOfAnotherFarmIsTold() throws Exception {
    int port = serve(tls(authority, "w-1"));
    Authority other = Authority.create("other", Duration.ofDays(1), Clock.systemUTC());
    issue(other, "w-9");
    // One that trusts the farm, with a certificate that is not of it.
    PemFiles.put(folder.resolve("w-9/ca.pem"), authority.chain());
    FarmTls mixed =
        FarmTls.start(new IdentityFolder(folder.resolve("w-9")).files(), Clock.systemUTC());
    open.add(mixed);

    assertThat(get(client(Optional.of(mixed)), "w-1", port))
        .contains("Refused[reason=the client certificate CN=w-9")
        .contains("is not of this farm's CA");
  }

  @Test
  void aServerWithTlsDoesNotAnswerPlainText() throws Exception {
    int port = serve(tls(authority, "w-1"));

    assertThatThrownBy(() ->
            client(Optional.empty())
                .send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/x"))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                    HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aRenewedCertificateIsShownFromThenOn() throws Exception {
    FarmTls server = tls(authority, "w-1");
    FarmTls asking = tls(authority, "w-2");
    int port = serve(server);
    FarmHttpClient client = client(Optional.of(asking));
    get(client, "w-1", port);
    var before = List.of(server.certificate(), asking.certificate());

    issue(authority, "w-1");
    issue(authority, "w-2");

    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> !before.contains(server.certificate()) && !before.contains(asking.certificate()));
    assertThat(get(client, "w-1", port)).contains("w-2");
  }
}
