package dev.slipway.enrolment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.certificates.Authority;
import dev.slipway.certificates.CertificateFolder;
import dev.slipway.certificates.CoordinatorTrust;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.Identity;
import dev.slipway.certificates.IdentityFolder;
import dev.slipway.certificates.JoinSecret;
import dev.slipway.certificates.PemFiles;
import dev.slipway.certificates.Pin;
import dev.slipway.certificates.SigningRequest;
import dev.slipway.certificates.WorkerName;
import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import dev.slipway.config.TlsFiles;
import dev.slipway.fleet.FarmFleet;
import dev.slipway.fleet.FarmServer;
import dev.slipway.fleet.FleetConfig;
import dev.slipway.protocol.buildkit.ops.Platform;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.EnrolmentGrpc;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.SignRequest;
import dev.slipway.protocol.worker.SignedCertificate;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How workers get into a farm with a CA: the real server, its cluster and its files. */
class EnrolmentTest {
  private static final String SHARED = "the farm's join token";
  private static final Duration LIFE = Duration.ofHours(8);

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
  private X509Certificate ca;
  private Cluster cluster;
  private Register register;
  private JoinTokens tokens;
  private InetSocketAddress address;

  @BeforeEach
  void start() throws Exception {
    new CertificateFolder(folder.resolve("farm"), Clock.systemUTC()).initFarm();
    ca = PemFiles.certificates(file("ca.pem")).getFirst();
    cluster = keep(Cluster.start(ClusterConfig.alone()));
    register = keep(Register.start(cluster, folder, now::get));
    tokens = tokens(register, Optional.of(SHARED));
    WorkerChanges nobody =
        new WorkerChanges() {
          @Override
          public void workerJoined(WorkerCapacity worker) {}

          @Override
          public void workerDraining(String workerId) {}

          @Override
          public void workerLeft(String workerId) {}
        };
    FarmFleet fleet =
        new FarmFleet(FleetConfig.DEFAULTS, new MemoryCacheIndex(), nobody, Clock.systemUTC());
    register.onEvicted(fleet::evicted);
    FarmTls tls =
        keep(
            FarmTls.start(
                new TlsFiles(
                    file("coordinator/cert.pem"),
                    file("coordinator/key.pem"),
                    Optional.of(file("ca.pem"))),
                Clock.systemUTC()));
    address =
        keep(FarmServer.start(
                new InetSocketAddress("127.0.0.1", 0),
                SHARED,
                Optional.of(tls),
                fleet,
                List.of(new HealthStatusManager().getHealthService().bindService()),
                Optional.of(
                    EnrolmentService.of(
                        new EnrolmentService.Parts(
                            Authority.read(file("ca.pem"), file("ca-key.pem"), Clock.systemUTC()),
                            LIFE,
                            register,
                            tokens,
                            Optional::empty,
                            Clock.systemUTC())))))
            .address();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
  }

  private <T extends AutoCloseable> T keep(T part) {
    open.add(part);
    return part;
  }

  private Path file(String name) {
    return folder.resolve("farm").resolve(name);
  }

  private JoinTokens tokens(Register of, Optional<String> shared) {
    return new JoinTokens(of, shared, Pin.of(ca), new SecureRandom(), now::get);
  }

  private Channel stranger(String token, Pin pin) {
    ManagedChannel channel =
        FarmTls.dialAsStranger(
                CoordinatorTrust.by(pin, Clock.systemUTC()),
                NettyChannelBuilder.forTarget("127.0.0.1:" + address.getPort()))
            .build();
    open.add(channel::shutdownNow);
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER), token);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static X509Certificate sign(Channel channel, String id, KeyPair keys) throws Exception {
    SignedCertificate answer =
        EnrolmentGrpc.newBlockingStub(channel)
            .withDeadlineAfter(10, TimeUnit.SECONDS)
            .sign(
                SignRequest.newBuilder()
                    .setRequest(ByteString.copyFrom(SigningRequest.make(id, keys)))
                    .build());
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(answer.getChain(0).toByteArray()));
  }

  private X509Certificate enrol(String token, String id) throws Exception {
    return sign(stranger(token, Pin.of(ca)), id, Authority.newKeys());
  }

  /** A channel with the certificate that worker got. */
  private Channel member(String id) throws Exception {
    KeyPair keys = Authority.newKeys();
    X509Certificate certificate = sign(stranger(SHARED, Pin.of(ca)), id, keys);
    IdentityFolder kept = new IdentityFolder(folder.resolve(id));
    kept.write(new Identity(keys.getPrivate(), List.of(certificate)), List.of(ca));
    FarmTls tls = keep(FarmTls.start(kept.files(), Clock.systemUTC()));
    ManagedChannel channel =
        FarmTls.dial(
                Optional.of(tls), NettyChannelBuilder.forTarget("127.0.0.1:" + address.getPort()))
            .build();
    open.add(channel::shutdownNow);
    return channel;
  }

  @Test
  void aTokenGetsACertificateForThatWorkerAndSomeHours() throws Exception {
    X509Certificate made = enrol(tokens.make(Duration.ofHours(1), false).secret(), "w-1");

    assertThat(WorkerName.idIn(made)).hasValue("w-1");
    assertThat(Duration.between(Instant.now(), made.getNotAfter().toInstant()))
        .isBetween(LIFE.minusMinutes(1), LIFE);
    // Clocks that are behind by some minutes do not mind.
    assertThat(made.getNotBefore().toInstant()).isBefore(Instant.now().minusSeconds(240));
    made.verify(ca.getPublicKey());
  }

  @Test
  void aTokenForOneWorkerWorksOnce() throws Exception {
    JoinSecret token = tokens.make(Duration.ofHours(1), true);
    KeyPair keys = Authority.newKeys();
    sign(stranger(token.secret(), Pin.of(ca)), "w-1", keys);

    assertThatThrownBy(() -> enrol(token.secret(), "w-2"))
        .hasMessageContaining("PERMISSION_DENIED: the join token was for one worker and is used");
    assertThatThrownBy(() -> enrol(token.secret(), "w-1")).hasMessageContaining("is used");
    // Whoever has not got the answer asks again, with the same key.
    assertThat(sign(stranger(token.secret(), Pin.of(ca)), "w-1", keys)).isNotNull();
  }

  @Test
  void aWrongTokenAndOneThatHasEndedGetNothing() throws Exception {
    JoinSecret token = tokens.make(Duration.ofMinutes(5), false);

    assertThatThrownBy(() -> enrol("", "w-1")).hasMessageContaining("the join token is wrong");
    assertThatThrownBy(() -> enrol("slipway-join-0000", "w-1"))
        .hasMessageContaining(
            "PERMISSION_DENIED: the join token is wrong: get a new one with `slipway worker token`");
    now.updateAndGet(before -> before.plus(Duration.ofMinutes(6)));
    assertThatThrownBy(() -> enrol(token.secret(), "w-1"))
        .hasMessageContaining("the join token has ended on ");
  }

  @Test
  void theFarmsTokenGetsNoCertificateWhereThatIsNotWanted() {
    assertThatThrownBy(() -> tokens(register, Optional.empty()).use(SHARED, "w-1", "key"))
        .hasMessageContaining("the join token is wrong");
  }

  @Test
  void aCertificateGetsTheNextForItsOwnNameAndNoOther() throws Exception {
    Channel one = member("w-1");

    assertThat(WorkerName.idIn(sign(one, "w-1", Authority.newKeys()))).hasValue("w-1");
    assertThatThrownBy(() -> sign(one, "w-2", Authority.newKeys()))
        .hasMessageContaining("PERMISSION_DENIED: the certificate of w-1 gets none for w-2");
  }

  @Test
  void aTokenDoesNotGetTheNameOfAWorkerWithACertificate() throws Exception {
    member("w-1");

    assertThatThrownBy(() -> enrol(SHARED, "w-1"))
        .hasMessageContaining("PERMISSION_DENIED: worker w-1 has a certificate until ");
    now.updateAndGet(before -> before.plus(LIFE).plusSeconds(60));
    assertThat(enrol(SHARED, "w-1")).isNotNull();
  }

  @Test
  void aFarmWithAnotherCaIsNotGivenTheToken() {
    Pin other = new Pin("sha256:" + "0".repeat(64));

    assertThatThrownBy(() -> sign(stranger(SHARED, other), "w-1", Authority.newKeys()))
        .satisfies(error ->
            assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void withoutACertificateNothingElseIsServed() {
    Channel channel = stranger(SHARED, Pin.of(ca));

    assertThatThrownBy(() ->
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance()))
        .hasMessageContaining("UNAUTHENTICATED: a certificate of the farm is needed for this");
    assertThat(endOf(channel, "w-1", "https://127.0.0.1:1"))
        .satisfies(end -> assertThat(end.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED));
  }

  @Test
  void aWorkerCannotAskWhatCoordinatorsAsk() throws Exception {
    Channel one = member("w-1");

    assertThatThrownBy(() ->
            HealthGrpc.newBlockingStub(
                    ClientInterceptors.intercept(
                        one, MetadataUtils.newAttachHeadersInterceptor(new Metadata())))
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance()))
        .hasMessageContaining("PERMISSION_DENIED: only coordinators may call this");
  }

  @Test
  void aWorkerSpeaksForItselfAlone() throws Exception {
    Channel one = member("w-1");

    assertThat(endOf(one, "w-2", "https://127.0.0.1:1").toString())
        .contains("PERMISSION_DENIED")
        .contains("says that it is w-2, but its certificate CN=w-1");
    assertThat(endOf(one, "w-1", "http://127.0.0.1:1").toString())
        .contains("PERMISSION_DENIED", "the worker's server has no TLS");
  }

  @Test
  void anEvictedWorkerLosesItsLinkAndGetsNoOtherUntilItIsAdmitted() throws Exception {
    Channel one = member("w-1");
    CompletableFuture<Status> end = new CompletableFuture<>();
    CompletableFuture<CoordinatorMessage> welcome = new CompletableFuture<>();
    join(one, "w-1", "https://127.0.0.1:1", welcome, end);
    assertThat(welcome.get(10, TimeUnit.SECONDS).hasWelcome()).isTrue();

    register.evict("w-1");

    assertThat(end.get(10, TimeUnit.SECONDS).toString())
        .contains("PERMISSION_DENIED", "was evicted", "slipway worker admit w-1");
    assertThat(endOf(one, "w-1", "https://127.0.0.1:1").getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThatThrownBy(() -> sign(one, "w-1", Authority.newKeys()))
        .hasMessageContaining("was evicted");
    assertThatThrownBy(() -> enrol(SHARED, "w-1")).hasMessageContaining("was evicted");

    register.admit("w-1");

    assertThat(sign(one, "w-1", Authority.newKeys())).isNotNull();
  }

  @Test
  void aRestartForgetsNeitherEvictionsNorUses() throws Exception {
    JoinSecret token = tokens.make(Duration.ofHours(1), true);
    enrol(token.secret(), "w-1");
    register.evict("w-2");
    register.close();
    cluster.close();

    Cluster next = keep(Cluster.start(ClusterConfig.alone()));
    Register restarted = keep(Register.start(next, folder, now::get));

    assertThat(restarted.evicted()).containsExactly("w-2");
    assertThatThrownBy(() -> tokens(restarted, Optional.empty()).use(token.secret(), "w-3", "key"))
        .hasMessageContaining("is used");
    assertThat(
            Files.readString(
                folder.resolve("join-grants"), java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain(token.secret());
  }

  private Status endOf(Channel channel, String id, String blobUrl) {
    CompletableFuture<Status> end = new CompletableFuture<>();
    join(channel, id, blobUrl, new CompletableFuture<>(), end);
    return end.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static void join(
      Channel channel,
      String id,
      String blobUrl,
      CompletableFuture<CoordinatorMessage> first,
      CompletableFuture<Status> end) {
    StreamObserver<WorkerMessage> messages =
        FarmGrpc.newStub(channel)
            .join(
                new StreamObserver<>() {
                  @Override
                  public void onNext(CoordinatorMessage message) {
                    first.complete(message);
                  }

                  @Override
                  public void onError(Throwable error) {
                    end.complete(Status.fromThrowable(error));
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(Status.OK);
                  }
                });
    messages.onNext(
        WorkerMessage.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setWorkerId(id)
                    .setSlots(1)
                    .setBlobUrl(blobUrl)
                    .addNativePlatforms(
                        Platform.newBuilder().setOS("linux").setArchitecture("amd64")))
            .build());
  }
}
