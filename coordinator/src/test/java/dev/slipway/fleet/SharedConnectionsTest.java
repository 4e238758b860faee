package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.Forwarding;
import dev.slipway.protocol.buildkit.ssh.BytesMessage;
import dev.slipway.protocol.buildkit.ssh.SSHGrpc;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Succeeded;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SharedConnectionsTest extends FleetFixture {
  private static final String STAGE_TOKEN = "a token of a stage";

  private final AtomicInteger connections = new AtomicInteger();
  private Server client;
  private ManagedChannel toClient;
  private ManagedChannel toFarm;

  @BeforeEach
  void startClient() throws IOException {
    client =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Echo())
            .build()
            .start();
    toClient =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), client.getPort()))
            .usePlaintext()
            .build();
    toFarm = NettyChannelBuilder.forAddress(server.address()).usePlaintext().build();
  }

  @AfterEach
  void stopClient() {
    toFarm.shutdownNow();
    toClient.shutdownNow();
    client.shutdownNow();
  }

  @Test
  void aRunningStagesTokenConnectsToItsClient() throws Exception {
    run();

    try (ByteCall<?, ?> call = open(STAGE_TOKEN)) {
      call.write(ByteString.copyFromUtf8("hello"));
      assertThat(call.read().orElseThrow().toStringUtf8()).isEqualTo("hello");
      call.endWriting();
      assertThat(call.read()).isEmpty();
    }
  }

  @Test
  void aTokenThatNoStageHasOpensNothing() throws Exception {
    run();

    assertRefused("another token");
    assertThat(connections).hasValue(0);
  }

  @Test
  void aTokenIsWorthNothingWhenItsStageHasEnded() throws Exception {
    FakeWorker worker = run();
    worker.say(
        WorkerMessage.newBuilder()
            .setStageOutcome(
                StageOutcome.newBuilder()
                    .setStageId("s1")
                    .setSucceeded(Succeeded.getDefaultInstance()))
            .build());

    await().until(() -> changes.contains("ended"));
    assertRefused(STAGE_TOKEN);
  }

  private FakeWorker run() throws Exception {
    FakeWorker worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    fleet.run(
        "w1",
        RunStage.newBuilder().setStageId("s1").build(),
        listener(_ -> {}, _ -> changes.add("ended")),
        Map.of(STAGE_TOKEN, this::connect));
    return worker;
  }

  private ByteCall<?, ?> open(String token) throws SlipwayException, InterruptedException {
    Metadata headers = new Metadata();
    headers.put(JoinToken.HEADER, TOKEN);
    return Forwarding.open(
        FarmGrpc.newStub(toFarm)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers)),
        token);
  }

  private void assertRefused(String token) throws Exception {
    try (ByteCall<?, ?> call = open(token)) {
      assertThatThrownBy(call::read).hasMessage("the token is none of a running stage");
    }
  }

  private ByteCall<?, ?> connect() {
    connections.incrementAndGet();
    return ByteCall.call(
        BytesMessage::getData,
        bytes -> BytesMessage.newBuilder().setData(bytes).build(),
        SSHGrpc.newStub(toClient)::forwardAgent);
  }

  /** An agent that says what it hears, and ends when the other side does. */
  private static final class Echo extends SSHGrpc.SSHImplBase {
    @Override
    public StreamObserver<BytesMessage> forwardAgent(StreamObserver<BytesMessage> answers) {
      return new StreamObserver<>() {
        @Override
        public void onNext(BytesMessage message) {
          answers.onNext(message);
        }

        @Override
        public void onError(Throwable error) {
          // The connection broke, and nothing waits for an answer.
        }

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }
}
