package dev.slipway.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.certificates.Audience;
import dev.slipway.certificates.CertificateFolder;
import dev.slipway.certificates.Identity;
import dev.slipway.certificates.PemFiles;
import dev.slipway.certificates.WatchedTls;
import dev.slipway.config.HostPort;
import dev.slipway.config.TlsFiles;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.InfoRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The endpoint behind TLS, with clients that do as docker buildx, buildctl and strangers do. */
class TlsEndpointTest {
  private final ReadyFarm farm = new ReadyFarm();
  @TempDir private Path folder;
  private CertificateFolder certificates;
  private WatchedTls tls;
  private EndpointServer server;

  @BeforeEach
  void start() throws Exception {
    certificates = new CertificateFolder(folder.resolve("farm"), InstantSource.system());
    certificates.init(List.of());
    new CertificateFolder(folder.resolve("other"), InstantSource.system()).init(List.of());
    serve(Optional.of(folder.resolve("farm/ca.pem")));
  }

  private void serve(Optional<Path> clientCa) throws Exception {
    tls =
        WatchedTls.start(
            new TlsFiles(
                folder.resolve("farm/server/cert.pem"),
                folder.resolve("farm/server/key.pem"),
                clientCa),
            Audience.CLIENTS,
            InstantSource.system());
    server = EndpointServer.start(List.of("tcp://127.0.0.1:0"), Optional.of(tls), farm.services());
  }

  @AfterEach
  void stop() {
    server.close();
    tls.close();
  }

  private int port() throws Exception {
    return HostPort.parse(server.addresses().getFirst().substring("tcp://".length())).port();
  }

  private Identity client(String who) throws Exception {
    return Identity.read(folder.resolve(who + "/cert.pem"), folder.resolve(who + "/key.pem"));
  }

  /** Asks as gRPC for Java does, which insists on h2. */
  private String ask(Optional<Identity> identity) throws Exception {
    SslContextBuilder context =
        GrpcSslContexts.forClient().trustManager(folder.resolve("farm/ca.pem").toFile());
    identity.ifPresent(one -> context.keyManager(one.key(), one.chain()));
    return ask(
        NettyChannelBuilder.forAddress("localhost", port()).sslContext(context.build()).build());
  }

  private static String ask(ManagedChannel channel) {
    try {
      return ControlGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .info(InfoRequest.getDefaultInstance())
          .getBuildkitVersion()
          .getVersion();
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void letsClientsOfItsCaInAndTellsOthersWhyNot() throws Exception {
    assertThat(ask(Optional.of(client("farm/client")))).startsWith("v");

    assertThatThrownBy(() -> ask(Optional.empty()))
        .satisfies(TlsEndpointTest::isUnauthenticated)
        .hasMessageContaining("this farm wants a client certificate and got none");
    assertThatThrownBy(() -> ask(Optional.of(client("other/client"))))
        .satisfies(TlsEndpointTest::isUnauthenticated)
        .hasMessageContaining("is not of this farm's CA");
    assertThatThrownBy(
            () -> ask(NettyChannelBuilder.forAddress("localhost", port()).usePlaintext().build()))
        .satisfies(TlsEndpointTest::isUnauthenticated)
        .hasMessageContaining("this endpoint speaks TLS and got plain text");
  }

  private static void isUnauthenticated(Throwable error) {
    assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  void wantsNoCertificateWhereNoCaOfClientsIsNamed() throws Exception {
    stop();
    serve(Optional.empty());

    assertThat(ask(Optional.empty())).startsWith("v");
  }

  @Test
  void answersABrowserWithoutTls() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket.setSoTimeout(5_000);
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: here\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 400 ")
          .contains("this endpoint speaks TLS");
    }
  }

  @Test
  void speaksHttp2WithAndWithoutAlpnAndNothingElse() throws Exception {
    try (SSLSocket named = connect("TLSv1.3", "h2");
        SSLSocket silent = connect("TLSv1.3");
        SSLSocket older = connect("TLSv1.2")) {
      assertThat(named.getApplicationProtocol()).isEqualTo("h2");
      assertThat(silent.getApplicationProtocol()).isEmpty();
      for (SSLSocket socket : List.of(named, silent, older)) {
        assertThat(firstFrameType(socket)).as("SETTINGS").isEqualTo(4);
      }
    }
    assertThatThrownBy(() -> connect("TLSv1.3", "http/1.1"))
        .hasMessageContaining("no_application_protocol");
  }

  /** The type of the server's first frame, which follows three bytes of length. */
  private static int firstFrameType(SSLSocket socket) throws Exception {
    socket
        .getOutputStream()
        .write(
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                .getBytes(StandardCharsets.ISO_8859_1));
    return socket.getInputStream().readNBytes(9)[3];
  }

  @Test
  void takesARenewedCertificateAndKeepsTheOldOneWhileFilesAreWrong() throws Exception {
    X509Certificate before = shown();
    Path key = folder.resolve("farm/server/key.pem");
    Files.copy(folder.resolve("other/server/key.pem"), key, StandardCopyOption.REPLACE_EXISTING);
    await()
        .during(Duration.ofMillis(2_500))
        .atMost(Duration.ofSeconds(4))
        .until(() -> shown().equals(before));

    certificates.renewServer(List.of("farm.example.com"));

    await().atMost(Duration.ofSeconds(5)).until(() -> !shown().equals(before));
    assertThat(ask(Optional.of(client("farm/client")))).startsWith("v");
  }

  private X509Certificate shown() throws Exception {
    try (SSLSocket socket = connect("TLSv1.3", "h2")) {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private SSLSocket connect(String protocol, String... alpn) throws Exception {
    Identity identity = client("farm/client");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    keys.setKeyEntry(
        "client", identity.key(), new char[0], identity.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, new char[0]);
    KeyStore anchors = KeyStore.getInstance("PKCS12");
    anchors.load(null, null);
    anchors.setCertificateEntry(
        "ca", PemFiles.certificates(folder.resolve("farm/ca.pem")).getFirst());
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(anchors);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port());
    socket.setSoTimeout(5_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {protocol});
    parameters.setApplicationProtocols(alpn);
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
