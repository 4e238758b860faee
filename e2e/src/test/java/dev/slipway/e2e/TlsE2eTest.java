package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.certificates.FarmTls;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A farm of two coordinators whose clients need a certificate and whose processes show each other
 * theirs, set up with the commands that a user would type.
 */
class TlsE2eTest {
  private static final Path CERTIFICATES = Workplace.folder("certificates").resolve("farm");
  private static final Path STRANGERS = CERTIFICATES.resolveSibling("strangers");
  private static final Path INNER = CERTIFICATES.resolveSibling("inner");
  private static Farm farm;

  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void start() {
    certs("init", "--dir", CERTIFICATES.toString(), "--host", "farm.example.com").orThrow();
    certs("farm", "--dir", INNER.toString()).orThrow();
    farm = Farm.startWithTls(2, 1, CERTIFICATES, INNER);
  }

  @AfterAll
  static void stop() {
    farm.close();
  }

  private static Command.Result certs(String... arguments) {
    List<String> words = new ArrayList<>(List.of(Workplace.slipway(), "certs"));
    words.addAll(List.of(arguments));
    return Command.run(Duration.ofMinutes(2), words);
  }

  private static Buildx client(Path pair) {
    return client(1, pair);
  }

  private static Buildx client(int coordinator, Path pair) {
    return new Buildx(
        farm.endpoint(coordinator),
        "cacert=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem,servername=farm.example.com"
            .formatted(CERTIFICATES, pair, pair));
  }

  @Test
  void aClientWithACertificateBuildsAndPushes() {
    // The queue, the worker's lock and the index are the first one's: asked for over the farm's
    // TLS.
    client(2, CERTIFICATES.resolve("client"))
        .build(
            BuildDirectory.of("FROM busybox\nCOPY hello /hello\nRUN cat /hello > /copy\n")
                .with("hello", "over TLS\n")
                .path(),
            "-t",
            registry.image("tls/app:1"),
            "--push")
        .orThrow();

    assertThat(PushedImage.read(registry, "tls/app", "1", "amd64").text("copy"))
        .isEqualTo("over TLS\n");
    assertThat(farm.root().resolve("log/coordinator-2.log"))
        .content()
        .containsPattern("audit: pushed who=\"CN=client[^\"]*\" from=\"127.0.0.1\".*tls/app:1");
  }

  @Test
  void aCertificateOfClientsIsNotOneOfTheFarm() throws SSLException {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(farm.workersAddress())
            .overrideAuthority(FarmTls.COORDINATOR)
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(INNER.resolve("ca.pem").toFile())
                    .keyManager(
                        CERTIFICATES.resolve("client/cert.pem").toFile(),
                        CERTIFICATES.resolve("client/key.pem").toFile())
                    .build())
            .build();

    assertThatThrownBy(() ->
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance()))
        .hasMessageContaining("UNAUTHENTICATED: the client certificate CN=client")
        .hasMessageContaining("is not of this farm's CA (CN=Slipway farm CA");
    channel.shutdownNow();
  }

  @Test
  void everybodyElseIsToldWhyNot() {
    certs("init", "--dir", STRANGERS.toString()).orThrow();

    assertThat(refused(new Buildx(farm.endpoint(), "cacert=" + CERTIFICATES.resolve("ca.pem"))))
        .contains("this farm wants a client certificate and got none");
    assertThat(refused(client(STRANGERS.resolve("client"))))
        .contains("the client certificate CN=client, issued by CN=Slipway CA")
        .contains("is not of this farm's CA");
    assertThat(refused(new Buildx(farm.endpoint())))
        .contains("this endpoint speaks TLS and got plain text");
  }

  private static String refused(Buildx client) {
    Command.Result result = client.run("inspect", "--bootstrap", "farm");
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    return result.output();
  }

  @Test
  void aRenewedCertificateIsShownToTheNextClientWithAndWithoutAlpn() {
    String before = shown("-alpn", "h2");
    assertThat(before).contains("ALPN protocol: h2", "Verify return code: 0 (ok)");
    assertThat(shown()).contains("No ALPN negotiated", "Verify return code: 0 (ok)");

    certs("renew", "--dir", CERTIFICATES.toString()).orThrow();

    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> !certificateIn(shown("-alpn", "h2")).equals(certificateIn(before)));
    client(CERTIFICATES.resolve("client")).run("inspect", "--bootstrap", "farm").orThrow();
  }

  /** What openssl sees of the endpoint. */
  private static String shown(String... options) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "-verify_hostname",
                "farm.example.com",
                "-CAfile",
                CERTIFICATES.resolve("ca.pem").toString(),
                "-cert",
                CERTIFICATES.resolve("client/cert.pem").toString(),
                "-key",
                CERTIFICATES.resolve("client/key.pem").toString()));
    words.addAll(List.of(options));
    return openssl(farm.endpoint().substring("tcp://".length()), words.toArray(String[]::new))
        .output();
  }

  private static Command.Result openssl(String address, String... options) {
    List<String> words = new ArrayList<>(List.of("openssl", "s_client", "-connect", address));
    words.addAll(List.of(options));
    return Command.run(Duration.ofSeconds(20), words);
  }

  private static String certificateIn(String shown) {
    return shown.substring(
        shown.indexOf("-----BEGIN CERTIFICATE"), shown.indexOf("-----END CERTIFICATE"));
  }
}
