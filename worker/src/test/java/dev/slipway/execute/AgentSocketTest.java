package dev.slipway.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.ByteCall;
import dev.slipway.protocol.buildkit.ssh.BytesMessage;
import dev.slipway.protocol.buildkit.ssh.SSHGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AgentSocketTest {
  /** A byte after which the agent ends the conversation. */
  private static final byte HANG_UP = 4;

  @TempDir Path directory;
  private final CountDownLatch left = new CountDownLatch(1);
  private Server client;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    client =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Echo())
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), client.getPort()))
            .usePlaintext()
            .build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    client.shutdownNow();
  }

  @Test
  void eachConnectionIsOneOfTheClientsAgent() throws Exception {
    try (AgentSocket _ = AgentSocket.listen(path(), this::connect)) {
      assertThat(conversation("one".getBytes(StandardCharsets.UTF_8))).asString().isEqualTo("one");
      assertThat(conversation("two".getBytes(StandardCharsets.UTF_8))).asString().isEqualTo("two");
    }
  }

  @Test
  void carriesMoreThanFitsIntoAnyBuffer() throws Exception {
    byte[] much = new byte[8 << 20];
    new Random(1).nextBytes(much);
    try (AgentSocket _ = AgentSocket.listen(path(), this::connect)) {
      assertThat(conversation(much)).isEqualTo(much);
    }
  }

  @Test
  void whatCannotBeConnectedEndsAtOnce() throws Exception {
    try (AgentSocket _ =
        AgentSocket.listen(
            path(),
            () -> {
              throw new SlipwayException(ErrorKind.UNAVAILABLE, "the client is gone");
            })) {
      try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
        assertThat(socket.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
    }
  }

  @Test
  void anAgentThatHangsUpIsGoneForWhoeverStillWrites() throws Exception {
    try (AgentSocket _ = AgentSocket.listen(path(), this::connect);
        SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
      socket.write(ByteBuffer.wrap(new byte[] {HANG_UP}));
      assertThat(socket.read(ByteBuffer.allocate(1))).isEqualTo(-1);

      assertThatThrownBy(
              () -> {
                while (true) {
                  socket.write(ByteBuffer.allocate(1 << 20));
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void closingItEndsItsConnections() throws Exception {
    AgentSocket agent = AgentSocket.listen(path(), this::connect);
    try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
      socket.write(ByteBuffer.wrap(new byte[] {1}));
      assertThat(socket.read(ByteBuffer.allocate(1))).isEqualTo(1);

      agent.close();

      assertThat(socket.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private Path path() {
    return directory.resolve("s");
  }

  /** What comes back for the bytes. */
  private byte[] conversation(byte[] bytes) throws Exception {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
      Thread writer =
          Thread.startVirtualThread(() -> {
            try {
              ByteBuffer buffer = ByteBuffer.wrap(bytes);
              while (buffer.hasRemaining()) {
                socket.write(buffer);
              }
              socket.shutdownOutput();
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
          });
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      while (socket.read(buffer) >= 0) {
        buffer.flip();
        answer.write(buffer.array(), 0, buffer.limit());
        buffer.clear();
      }
      writer.join();
    }
    return answer.toByteArray();
  }

  private ByteCall<?, ?> connect() {
    return ByteCall.call(
        BytesMessage::getData,
        bytes -> BytesMessage.newBuilder().setData(bytes).build(),
        SSHGrpc.newStub(channel)::forwardAgent);
  }

  /** An agent that says what it hears, and ends when the other side does. */
  private final class Echo extends SSHGrpc.SSHImplBase {
    @Override
    public StreamObserver<BytesMessage> forwardAgent(StreamObserver<BytesMessage> answers) {
      return new StreamObserver<>() {
        private boolean hungUp;

        @Override
        public void onNext(BytesMessage message) {
          if (message.getData().size() == 1 && message.getData().byteAt(0) == HANG_UP) {
            answers.onCompleted();
            hungUp = true;
          } else if (!hungUp) {
            answers.onNext(message);
          }
        }

        @Override
        public void onError(Throwable error) {
          left.countDown();
        }

        @Override
        public void onCompleted() {
          if (!hungUp) {
            answers.onCompleted();
          }
        }
      };
    }
  }
}
