package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.certificates.Authority;
import dev.slipway.certificates.CoordinatorTrust;
import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.IdentityFolder;
import dev.slipway.certificates.JoinSecret;
import dev.slipway.certificates.SigningRequest;
import dev.slipway.certificates.WorkerName;
import dev.slipway.protocol.worker.EnrolmentGrpc;
import dev.slipway.protocol.worker.SignRequest;
import dev.slipway.protocol.worker.SignedCertificate;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two coordinators with the farm's own CA, two workers with certificates that live for half a
 * minute.
 */
class FarmCertificatesE2eTest {
  private static final Path INNER = Workplace.folder("certificates").resolve("inner");
  private static final Duration LIFE = Duration.ofSeconds(30);
  private static Farm farm;

  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void start() {
    Command.run(
            Duration.ofMinutes(2),
            List.of(Workplace.slipway(), "certs", "farm", "--dir", INNER.toString()))
        .orThrow();
    farm =
        Farm.startWithFarmTls(
            2,
            2,
            LocalRegistry.shared().mirrorConfig()
                + "[farm.ca]\ncert = \"%s/ca.pem\"\nkey = \"%s/ca-key.pem\"\n"
                    .formatted(INNER, INNER)
                + "worker-certificate-life = \"30s\"\n",
            INNER);
  }

  @AfterAll
  static void stop() {
    farm.close();
  }

  @Test
  void aBuildOnTwoWorkersGoesOnWhileTheirCertificatesAreRenewed() throws Exception {
    String wait = Long.toString(LIFE.toSeconds());
    String before = serials();
    long left = leavings();

    Command.Result result =
        farm.buildx()
            .build(
                BuildDirectory.of(
                        """
                        FROM busybox AS one
                        RUN sleep %s && head -c 3000000 /dev/urandom > /one
                        FROM busybox AS two
                        RUN sleep %s && head -c 3000000 /dev/urandom > /two
                        FROM busybox
                        COPY --from=one /one /one
                        COPY --from=two /two /two
                        COPY hello /hello
                        RUN wc -c < /one > /sizes && wc -c < /two >> /sizes && cat /hello >> /sizes
                        """
                            .formatted(wait, wait))
                    .with("hello", "over TLS\n")
                    .path(),
                "-t",
                registry.image("certificates/app:1"),
                "--push");

    assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
    assertThat(PushedImage.read(registry, "certificates/app", "1", "amd64").text("sizes"))
        .isEqualTo("3000000\n3000000\nover TLS\n");
    assertThat(serials()).isNotEqualTo(before);
    for (int worker : List.of(1, 2)) {
      assertThat(farm.root().resolve("log/worker-" + worker + ".log"))
          .content()
          .contains("this worker's certificate was renewed");
    }
    assertThat(leavings()).as("times that a worker lost a coordinator").isEqualTo(left);
    assertThat(movedByPeers()).as("bytes from one worker to the other").isGreaterThan(2_000_000);
  }

  private static long leavings() throws IOException {
    long all = 0;
    for (int worker : List.of(1, 2)) {
      try (Stream<String> lines =
          Files.lines(farm.root().resolve("log/worker-" + worker + ".log"))) {
        all += lines.filter(line -> line.contains("left the farm")).count();
      }
    }
    return all;
  }

  private static String serials() throws IOException {
    return Files.readString(farm.workerRoot(1).resolve("certificate/cert.pem"))
        + Files.readString(farm.workerRoot(2).resolve("certificate/cert.pem"));
  }

  private static long movedByPeers() {
    Matcher peers =
        Pattern.compile("\"peers\":(\\d+)")
            .matcher(
                farm.http(1, "/api/v1/builds").orElse("")
                    + farm.http(2, "/api/v1/builds").orElse(""));
    long most = 0;
    while (peers.find()) {
      most = Math.max(most, Long.parseLong(peers.group(1)));
    }
    return most;
  }

  @Test
  void aTokenForOneWorkerWorksAtAnyCoordinatorAndOnce() throws Exception {
    JoinSecret token =
        JoinSecret.parse(
            farm.worker("token", "--once").orThrow().output().lines().toList().getLast());

    assertThat(enrol(1, token, "w-remote").getChainCount()).isPositive();

    assertThatThrownBy(() -> enrol(2, token, "w-thief"))
        .hasMessageContaining("PERMISSION_DENIED: the join token was for one worker and is used");
  }

  @Test
  void aTokenOfSecondsEnds() throws Exception {
    JoinSecret token =
        JoinSecret.parse(
            farm.worker("token", "--ttl", "1s").orThrow().output().lines().toList().getLast());

    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThatThrownBy(() -> enrol(1, token, "w-late"))
                .hasMessageContaining("the join token has ended on"));
  }

  private static SignedCertificate enrol(int coordinator, JoinSecret token, String id) {
    ManagedChannel channel =
        FarmTls.dialAsStranger(
                CoordinatorTrust.by(token.pin().orElseThrow(), Clock.systemUTC()),
                NettyChannelBuilder.forTarget(farm.workersAddress(coordinator)))
            .build();
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER), token.secret());
    try {
      return EnrolmentGrpc.newBlockingStub(channel)
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .sign(
              SignRequest.newBuilder()
                  .setRequest(ByteString.copyFrom(SigningRequest.make(id, Authority.newKeys())))
                  .build());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void aWorkersServerAnswersNoPlainText() {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + farm.peersAddress(1) + "/layers/snap:x"))
            .timeout(Duration.ofSeconds(10))
            .build();

    assertThatThrownBy(
            () -> HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void anEvictedWorkersBuildGoesOnElsewhereAndItIsOutUntilItIsAdmitted() throws Exception {
    String length = "9." + ThreadLocalRandom.current().nextInt(1_000, 9_999);
    BuildDirectory app =
        BuildDirectory.of(
            "FROM busybox\nRUN echo started && sleep " + length + " && echo done > /done\n");
    try (Command client =
        farm.buildx().startBuild(app.path(), "-t", registry.image("evicted/app:1"), "--push")) {
      client.awaitStepLog(Duration.ofMinutes(1), "started");
      int busy =
          Awaitility.await()
              .atMost(Duration.ofSeconds(10))
              .until(() -> workerThatRuns("sleep " + length), worker -> worker > 0);
      int other = 3 - busy;

      String id = farm.worker("evict", "worker-" + busy).orThrow().output().strip();

      HttpResponse<String> answer = read(busy, other);
      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(answer.body()).contains(id + " was evicted from this farm");
      Command.Result result = client.await(Duration.ofMinutes(2));
      assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
      assertThat(PushedImage.read(registry, "evicted/app", "1", "amd64").text("done"))
          .isEqualTo("done\n");
      for (int coordinator : List.of(1, 2)) {
        assertThat(farm.http(coordinator, "/api/v1/workers").orElseThrow())
            .doesNotContain("\"worker-" + busy + "\"");
      }
      assertThat(farm.root().resolve("log/worker-" + busy + ".log"))
          .content()
          .contains("was evicted from this farm; an administrator can let it in again");

      farm.worker("admit", "worker-" + busy).orThrow();

      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() ->
              farm.http(1, "/api/v1/workers").orElse("").contains("\"worker-" + busy + "\"")
                  && farm.http(2, "/api/v1/workers")
                      .orElse("")
                      .contains("\"worker-" + busy + "\""));
    }
  }

  /** What one worker gets from another's server, with its own certificate. */
  private static HttpResponse<String> read(int reader, int giver) throws Exception {
    String name =
        WorkerName.of(Files.readString(farm.workerRoot(giver).resolve("worker-id")).strip());
    try (FarmTls tls =
            FarmTls.start(
                new IdentityFolder(farm.workerRoot(reader).resolve("certificate")).files(),
                Clock.systemUTC());
        FarmHttpClient client = new FarmHttpClient(Optional.of(tls), HttpClient::newBuilder)) {
      URI url =
          URI.create(
              FarmHttpClient.named("https://" + farm.peersAddress(giver), name) + "/layers/snap:x");
      return client.send(
          HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(10)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static int workerThatRuns(String word) {
    return farm.workerRuns(1, word) ? 1 : farm.workerRuns(2, word) ? 2 : 0;
  }
}
