package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.certificates.CertificateFolder;
import dev.slipway.certificates.FarmTls;
import dev.slipway.config.TlsFiles;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.MetadataUtils;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The coordinators' inner server behind the farm's TLS. gRPC's health stands for what coordinators
 * ask each other.
 */
class FarmTlsTest {
  private static final String TOKEN = "the farm's join token";

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void makeCertificates() throws Exception {
    new CertificateFolder(folder.resolve("farm"), InstantSource.system()).initFarm();
    new CertificateFolder(folder.resolve("other"), InstantSource.system()).initFarm();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
  }

  private FarmTls tls(String who) throws Exception {
    FarmTls tls =
        FarmTls.start(
            new TlsFiles(
                folder.resolve(who + "/cert.pem"),
                folder.resolve(who + "/key.pem"),
                Optional.of(folder.resolve(who).resolveSibling("ca.pem"))),
            InstantSource.system());
    open.add(tls);
    return tls;
  }

  private InetSocketAddress serve(String who) throws Exception {
    WorkerChanges nobody =
        new WorkerChanges() {
          @Override
          public void workerJoined(WorkerCapacity worker) {}

          @Override
          public void workerDraining(String workerId) {}

          @Override
          public void workerLeft(String workerId) {}
        };
    FarmServer server =
        FarmServer.start(
            new InetSocketAddress("127.0.0.1", 0),
            TOKEN,
            Optional.of(tls(who)),
            new FarmFleet(FleetConfig.DEFAULTS, new MemoryCacheIndex(), nobody, Clock.systemUTC()),
            List.of(new HealthStatusManager().getHealthService().bindService()));
    open.add(server);
    return server.address();
  }

  private ServingStatus ask(InetSocketAddress server, Optional<FarmTls> tls) {
    Metadata headers = new Metadata();
    headers.put(JoinToken.HEADER, TOKEN);
    ManagedChannel channel =
        FarmTls.dial(tls, NettyChannelBuilder.forTarget("127.0.0.1:" + server.getPort())).build();
    open.add(channel::shutdownNow);
    return HealthGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  @Test
  void coordinatorsAskEachOtherAndWorkersMayNot() throws Exception {
    InetSocketAddress server = serve("farm/coordinator");

    assertThat(ask(server, Optional.of(tls("farm/coordinator")))).isEqualTo(ServingStatus.SERVING);
    assertThatThrownBy(() -> ask(server, Optional.of(tls("farm/worker"))))
        .hasMessageContaining("PERMISSION_DENIED: only coordinators may call this");
  }

  @Test
  void aWorkerPassesForNoCoordinator() throws Exception {
    InetSocketAddress server = serve("farm/worker");

    assertThatThrownBy(() -> ask(server, Optional.of(tls("farm/worker"))))
        .satisfies(error ->
            assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void anotherFarmAndPlainTextAreNotLetIn() throws Exception {
    InetSocketAddress server = serve("farm/coordinator");

    assertThatThrownBy(() -> ask(server, Optional.of(tls("other/coordinator"))))
        .satisfies(error ->
            assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    assertThatThrownBy(() -> ask(server, Optional.empty()))
        .hasMessageContaining(
            "UNAUTHENTICATED: this endpoint speaks TLS and got plain text: give the caller its CA: [farm.tls]");
  }

  @Test
  void aChangedCaAndCertificateAreUsedForTheNextConnection() throws Exception {
    InetSocketAddress server = serve("farm/coordinator");
    FarmTls coordinator = tls("farm/coordinator");
    assertThat(ask(server, Optional.of(coordinator))).isEqualTo(ServingStatus.SERVING);

    for (String file : List.of("ca.pem", "coordinator/key.pem", "coordinator/cert.pem")) {
      Files.move(
          folder.resolve("other/" + file),
          folder.resolve("farm/" + file),
          StandardCopyOption.REPLACE_EXISTING);
    }

    FarmTls worker = tls("farm/worker");
    // Both ends look at their files by themselves: between the two looks they do not fit.
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
        .untilAsserted(() -> {
          // The old worker's certificate is of the old CA.
          assertThatThrownBy(() -> ask(server, Optional.of(worker)))
              .hasMessageContaining("is not of this farm's CA");
          assertThat(ask(server, Optional.of(coordinator))).isEqualTo(ServingStatus.SERVING);
        });
  }
}
