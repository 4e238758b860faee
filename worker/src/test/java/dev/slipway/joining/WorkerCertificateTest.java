package dev.slipway.joining;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.slipway.certificates.Authority;
import dev.slipway.certificates.FarmCaller;
import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.IdentityFolder;
import dev.slipway.certificates.JoinSecret;
import dev.slipway.certificates.Pin;
import dev.slipway.certificates.SigningRequest;
import dev.slipway.certificates.Subject;
import dev.slipway.certificates.Use;
import dev.slipway.certificates.WorkerName;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.EnrolmentGrpc;
import dev.slipway.protocol.worker.SignRequest;
import dev.slipway.protocol.worker.SignedCertificate;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker's certificate, from a coordinator that signs for who has the token. */
class WorkerCertificateTest {
  private static final String TOKEN = "let me in";
  private static final Duration LIFE = Duration.ofSeconds(6);

  @TempDir private Path folder;
  private final Authority authority =
      Authority.create("farm", Duration.ofDays(1), Clock.systemUTC());
  private final List<AutoCloseable> open = new ArrayList<>();

  /** What each request came with: the token, or the worker's certificate. */
  private final List<String> shown = new CopyOnWriteArrayList<>();

  private volatile boolean refuses;
  private String address;

  @BeforeEach
  void serve() throws Exception {
    IdentityFolder own = new IdentityFolder(folder.resolve("coordinator"));
    own.write(
        authority.issue(
            new Subject(
                "coordinator",
                List.of(FarmTls.COORDINATOR),
                Set.of(Use.SERVER, Use.CLIENT),
                Duration.ofHours(1))),
        authority.chain());
    FarmTls tls = FarmTls.start(own.files(), Clock.systemUTC());
    open.add(tls);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                ServerInterceptors.intercept(new Signer(), new Heard(), FarmCaller.orStranger()));
    tls.protectWithStrangers(builder, Executors.newVirtualThreadPerTaskExecutor());
    Server server = builder.build().start();
    open.add(server::shutdownNow);
    address = "127.0.0.1:" + server.getPort();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
  }

  /** Notes who asks, and turns wrong tokens away. */
  private final class Heard implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String token =
          headers.get(Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER));
      String who = FarmCaller.certificate().flatMap(WorkerName::idIn).orElse(token);
      shown.add(String.valueOf(who));
      if (refuses || (FarmCaller.certificate().isEmpty() && !TOKEN.equals(token))) {
        call.close(Status.PERMISSION_DENIED.withDescription("the token is wrong"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }
  }

  private final class Signer extends EnrolmentGrpc.EnrolmentImplBase {
    @Override
    public void sign(SignRequest message, StreamObserver<SignedCertificate> answers) {
      try {
        SigningRequest request = SigningRequest.read(message.getRequest().toByteArray());
        X509Certificate made =
            authority.issue(
                new Subject(
                    request.name(),
                    List.of(WorkerName.of(request.name())),
                    Set.of(Use.SERVER, Use.CLIENT),
                    LIFE),
                request.key());
        answers.onNext(
            SignedCertificate.newBuilder()
                .addChain(ByteString.copyFrom(made.getEncoded()))
                .addAuthorities(ByteString.copyFrom(authority.certificate().getEncoded()))
                .setLifeMillis(LIFE.toMillis())
                .build());
        answers.onCompleted();
      } catch (SlipwayException | CertificateEncodingException e) {
        answers.onError(e);
      }
    }
  }

  private CompletableFuture<WorkerCertificate> start(JoinSecret token) {
    return start(token, Optional.empty());
  }

  private CompletableFuture<WorkerCertificate> start(JoinSecret token, Optional<Path> trust) {
    give(token);
    CompletableFuture<WorkerCertificate> started = new CompletableFuture<>();
    Thread starting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                started.complete(
                    WorkerCertificate.start(
                        new WorkerCertificate.Settings(
                            "w-1",
                            List.of(address),
                            folder.resolve("token"),
                            trust,
                            folder.resolve("certificate")),
                        Clock.systemUTC()));
              } catch (SlipwayException | InterruptedException e) {
                started.completeExceptionally(e);
              }
            });
    open.add(() -> {
      starting.interrupt();
      starting.join();
      if (started.isDone() && !started.isCompletedExceptionally()) {
        started.join().close();
      }
    });
    return started;
  }

  private void give(JoinSecret token) {
    try {
      Files.writeString(folder.resolve("token"), token.text() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JoinSecret pinned(String secret) {
    return new JoinSecret(secret, Optional.of(Pin.of(authority.certificate())));
  }

  @Test
  void aTokenWithAPinIsEnough() throws Exception {
    WorkerCertificate got = start(pinned(TOKEN)).get(10, TimeUnit.SECONDS);

    assertThat(WorkerName.idIn(got.tls().certificate())).hasValue("w-1");
    assertThat(got.tls().authorities()).containsExactly(authority.certificate());
  }

  @Test
  void aTokenAndTheCasFileAreEnough() throws Exception {
    Path ca = folder.resolve("coordinator/ca.pem");

    WorkerCertificate got =
        start(new JoinSecret(TOKEN, Optional.empty()), Optional.of(ca)).get(10, TimeUnit.SECONDS);

    assertThat(WorkerName.idIn(got.tls().certificate())).hasValue("w-1");
  }

  @Test
  void aCoordinatorOfAnotherCaDoesNotGetToSeeTheToken() {
    CompletableFuture<WorkerCertificate> started =
        start(new JoinSecret(TOKEN, Optional.of(new Pin("sha256:" + "0".repeat(64)))));

    assertThat(started)
        .failsWithin(Duration.ofSeconds(2))
        .withThrowableOfType(TimeoutException.class);
    assertThat(shown).isEmpty();
  }

  @Test
  void aWorkerThatIsRefusedTakesANewTokenFromItsFile() throws Exception {
    CompletableFuture<WorkerCertificate> started = start(pinned("wrong"));
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> shown.contains("wrong"));

    give(pinned(TOKEN));

    assertThat(started.get(15, TimeUnit.SECONDS).tls().certificate()).isNotNull();
  }

  @Test
  void theCertificateIsRenewedWithoutTheTokenAtTwoThirdsOfItsLife() throws Exception {
    WorkerCertificate got = start(pinned(TOKEN)).get(10, TimeUnit.SECONDS);
    X509Certificate first = got.tls().certificate();
    give(pinned("used up"));
    long began = System.nanoTime();

    Awaitility.await().atMost(LIFE).until(() -> !got.tls().certificate().equals(first));

    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(LIFE.dividedBy(2));
    assertThat(shown).containsExactly(TOKEN, "w-1");
  }

  @Test
  void aCertificateThatEndedIsAskedForWithTheToken() throws Exception {
    WorkerCertificate got = start(pinned(TOKEN)).get(10, TimeUnit.SECONDS);
    X509Certificate first = got.tls().certificate();
    refuses = true;
    Awaitility.await().atMost(LIFE.multipliedBy(2)).until(() -> shown.contains("w-1"));
    Awaitility.await()
        .atMost(LIFE.multipliedBy(2))
        .until(() -> first.getNotAfter().toInstant().isBefore(java.time.Instant.now()));

    refuses = false;

    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> !got.tls().certificate().equals(first));
  }

  @Test
  void aRestartedWorkerKeepsItsCertificate() throws Exception {
    WorkerCertificate got = start(pinned(TOKEN)).get(10, TimeUnit.SECONDS);
    X509Certificate first = got.tls().certificate();
    got.close();

    WorkerCertificate again = start(pinned("used up")).get(10, TimeUnit.SECONDS);

    assertThat(again.tls().certificate()).isEqualTo(first);
    assertThat(shown).containsExactly(TOKEN);
  }
}
