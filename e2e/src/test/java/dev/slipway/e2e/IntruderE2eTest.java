package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.InfoRequest;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Somebody who speaks the farm's protocols himself and means harm; afterwards the farm builds as
 * before.
 */
@OnSharedFarm
class IntruderE2eTest {
  private static final int SESSIONS = 2_000;

  private final Farm farm = SharedFarm.get();
  private final ManagedChannel channel = dial(farm.endpoint().substring("tcp://".length()));

  private static ManagedChannel dial(String address) {
    return NettyChannelBuilder.forTarget(address)
        .usePlaintext()
        .maxInboundMetadataSize(1 << 20)
        .build();
  }

  @AfterEach
  void theFarmStillBuilds() {
    channel.shutdownNow();
    farm.buildx()
        .build(BuildDirectory.of("FROM busybox\nRUN echo alive\n").path(), "--no-cache")
        .orThrow();
  }

  private static Code codeOf(Throwable error) {
    return Status.fromThrowable(error).getCode();
  }

  @Test
  void anUnknownMethodIsUnimplemented() {
    MethodDescriptor<Empty, Empty> method =
        MethodDescriptor.<Empty, Empty>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("moby.buildkit.v1.Control/Shell")
            .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .build();

    assertThatThrownBy(() ->
            ClientCalls.blockingUnaryCall(
                channel, method, CallOptions.DEFAULT, Empty.getDefaultInstance()))
        .satisfies(error -> assertThat(codeOf(error)).isEqualTo(Code.UNIMPLEMENTED));
  }

  @Test
  void aMessageBeyondSixteenMebibytesIsRefused() {
    SolveRequest huge =
        SolveRequest.newBuilder()
            .setRef("huge")
            .putFrontendAttrs("x", "y".repeat(17 << 20))
            .build();

    assertThatThrownBy(() ->
            ControlGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .solve(huge))
        .satisfies(
            error -> assertThat(codeOf(error)).isIn(Code.RESOURCE_EXHAUSTED, Code.CANCELLED));
    assertThat(
            ControlGrpc.newBlockingStub(channel)
                .info(InfoRequest.getDefaultInstance())
                .hasBuildkitVersion())
        .isTrue();
  }

  @Test
  void progressOfAnUnknownBuildEndsAfterSeconds() {
    long began = System.nanoTime();

    assertThatThrownBy(() ->
        ControlGrpc.newBlockingStub(channel)
            .status(StatusRequest.newBuilder().setRef("nobody").build())
            .next());

    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(12));
  }

  @Test
  void aSolveThatNamesNoSessionAndNonsenseIsRefused() {
    ControlGrpc.ControlBlockingStub control =
        ControlGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);

    for (SolveRequest request :
        List.of(
            SolveRequest.newBuilder().setRef("n1").setFrontend("no-such-frontend").build(),
            SolveRequest.newBuilder()
                .setRef("n2")
                .setFrontend("dockerfile.v0")
                .setSession("nobody")
                .build(),
            SolveRequest.newBuilder().setRef("../../n3\n").setFrontend("dockerfile.v0").build(),
            SolveRequest.newBuilder().setFrontend("dockerfile.v0").build())) {
      assertThatThrownBy(() -> control.solve(request))
          .satisfies(error -> assertThat(codeOf(error)).isNotIn(Code.DEADLINE_EXCEEDED, Code.OK));
    }
  }

  @Test
  void thousandsOfSessionsWithoutABuildLeaveNothingBehind() {
    long before = farm.coordinatorMemory();
    List<StreamObserver<BytesMessage>> open = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      open.add(session("intruder-" + i, new CompletableFuture<>()));
    }
    // The one that speaks nonsense instead of HTTP/2 ends alone.
    open.getFirst()
        .onNext(
            BytesMessage.newBuilder()
                .setData(ByteString.copyFromUtf8("nonsense".repeat(1000)))
                .build());

    farm.buildx()
        .build(BuildDirectory.of("FROM busybox\nRUN echo beside\n").path(), "--no-cache")
        .orThrow();

    assertThat(farm.coordinatorMemory() - before)
        .as("growth of the coordinator in bytes")
        .isLessThan(400L << 20);
  }

  @Test
  void aSecondSessionCannotTakeTheNameOfAnOpenOne() throws Exception {
    CompletableFuture<Code> one = new CompletableFuture<>();
    CompletableFuture<Code> other = new CompletableFuture<>();

    session("the-same", one);
    session("the-same", other);

    // Calls have threads of their own, so either may come first; the other is refused.
    assertThat(CompletableFuture.anyOf(one, other).get(10, TimeUnit.SECONDS))
        .isEqualTo(Code.ALREADY_EXISTS);
    assertThat(one.isDone() && other.isDone()).as("both refused").isFalse();
  }

  private StreamObserver<BytesMessage> session(String id, CompletableFuture<Code> end) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("x-docker-expose-session-uuid", Metadata.ASCII_STRING_MARSHALLER), id);
    headers.put(
        Metadata.Key.of("x-docker-expose-session-grpc-method", Metadata.ASCII_STRING_MARSHALLER),
        "/moby.filesync.v1.FileSync/DiffCopy");
    return ControlGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .session(endOf(end));
  }

  private static <T> StreamObserver<T> endOf(CompletableFuture<Code> end) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T message) {
        // What the farm says is of no interest.
      }

      @Override
      public void onError(Throwable error) {
        end.complete(codeOf(error));
      }

      @Override
      public void onCompleted() {
        end.complete(Code.OK);
      }
    };
  }

  @Test
  void aWorkerWithAWrongTokenDoesNotJoin() throws Exception {
    ManagedChannel workers = dial(farm.workersAddress());
    try {
      for (String token : List.of("", "0".repeat(64), "x".repeat(5_000))) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER), token);
        CompletableFuture<Code> end = new CompletableFuture<>();
        StreamObserver<CoordinatorMessage> answers = endOf(end);
        StreamObserver<WorkerMessage> join =
            FarmGrpc.newStub(workers)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .join(answers);
        join.onNext(
            WorkerMessage.newBuilder()
                .setHello(
                    Hello.newBuilder()
                        .setWorkerId("w-thief")
                        .setSlots(1000)
                        .setBlobUrl("http://127.0.0.1:1"))
                .build());

        assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo(Code.UNAUTHENTICATED);
      }
      assertThat(farm.http("/api/v1/workers")).doesNotContain("w-thief");
    } finally {
      workers.shutdownNow();
    }
  }

  @Test
  void forgedAndMalformedTokensOpenNothing() throws IOException {
    Capability.Signer forger = Capability.Signer.generate();
    Instant later = Instant.now().plus(Duration.ofHours(1));
    for (String path :
        List.of("/trees/sha256:" + "a".repeat(64), "/relay/x", "/trees/..%2f..%2fjoin-token")) {
      String resource = path.substring(1);
      for (String token :
          List.of(
              "",
              "a.b",
              ".",
              "=.=",
              forger.sign(resource, later),
              forger.sign(resource, Instant.EPOCH),
              "x".repeat(5_000) + ".y")) {
        assertThat(statusOf(farm.httpAddress(), path, token))
            .as(path + " " + token)
            .contains(" 403 ");
      }
    }
    for (String path :
        List.of(
            "/layers/snap:x",
            "/blobs/sha256:" + "a".repeat(64),
            "/layers/..%2f..%2f..%2fetc%2fpasswd")) {
      for (String token :
          List.of("", "a.b", forger.sign(path.substring(1), later), "x".repeat(5_000) + ".y")) {
        assertThat(statusOf(farm.workerAddress(1), path, token))
            .as(path + " " + token)
            .contains(" 403 ");
      }
    }
  }

  @Test
  void malformedPathsAreAnswered() throws IOException {
    assertThat(statusOf(farm.workerAddress(1), "/layers/%zz", "")).contains(" 400 ");
    assertThat(statusOf(farm.httpAddress(), "/trees/%zz", "")).contains(" 400 ");
    assertThat(statusOf(farm.httpAddress(), "/../../../../etc/passwd", "")).contains(" 404 ");
    assertThat(statusOf(farm.workerAddress(1), "/../../../../etc/passwd", "")).contains(" 404 ");
  }

  /** The status line; spoken by hand, for Java's client sends no malformed path. */
  private static String statusOf(String address, String path, String token) throws IOException {
    String[] hostAndPort = address.split(":");
    try (Socket socket = new Socket(hostAndPort[0], Integer.parseInt(hostAndPort[1]))) {
      socket.setSoTimeout(5_000);
      String request =
          "GET "
              + path
              + " HTTP/1.1\r\nHost: "
              + address
              + "\r\nAuthorization: Bearer "
              + token
              + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      String line =
          new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))
              .readLine();
      return line == null ? "" : line;
    }
  }
}
