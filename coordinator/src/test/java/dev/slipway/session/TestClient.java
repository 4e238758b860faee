package dev.slipway.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Metadata.Key;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A build client: opens a session and serves gRPC inside it, as the real ones do. */
final class TestClient implements AutoCloseable {
  final CountDownLatch ended = new CountDownLatch(1);
  private final ManagedChannel outer;
  private final Server inner;
  private final Socket socket;
  private final StreamObserver<BytesMessage> toDaemon;

  TestClient(
      InetSocketAddress daemon,
      String id,
      String sharedKey,
      List<String> methods,
      List<ServerServiceDefinition> services)
      throws IOException {
    this(daemon, headers(id, sharedKey, methods), services);
  }

  TestClient(InetSocketAddress daemon, Metadata headers, List<ServerServiceDefinition> services)
      throws IOException {
    NettyServerBuilder server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    services.forEach(server::addService);
    inner = server.build().start();
    socket = new Socket(InetAddress.getLoopbackAddress(), inner.getPort());
    outer = NettyChannelBuilder.forAddress(daemon).usePlaintext().build();
    OutputStream toServer = socket.getOutputStream();
    toDaemon =
        ControlGrpc.newStub(outer)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .session(
                new StreamObserver<>() {
                  @Override
                  public void onNext(BytesMessage message) {
                    if (message.getData().isEmpty()) {
                      vanish(); // Go's client would read what it had before once more
                      return;
                    }
                    try {
                      message.getData().writeTo(toServer);
                      toServer.flush();
                    } catch (IOException e) {
                      vanish();
                    }
                  }

                  @Override
                  public void onError(Throwable error) {
                    ended.countDown();
                  }

                  @Override
                  public void onCompleted() {
                    ended.countDown();
                  }
                });
    Thread.ofVirtual().start(this::pump);
  }

  /** What a client says at the start. */
  static Metadata headers(String id, String sharedKey, List<String> methods) {
    Metadata headers = new Metadata();
    headers.put(key("x-docker-expose-session-uuid"), id);
    headers.put(key("x-docker-expose-session-sharedkey"), sharedKey);
    methods.forEach(method -> headers.put(key("x-docker-expose-session-grpc-method"), method));
    return headers;
  }

  /** The process dies: nothing is said, the connection ends. */
  void vanish() {
    outer.shutdownNow();
  }

  /** Half-closes, as a client does after its build. */
  void leave() {
    toDaemon.onCompleted();
  }

  @Override
  public void close() throws IOException {
    outer.shutdownNow();
    inner.shutdownNow();
    socket.close();
  }

  private void pump() {
    byte[] buffer = new byte[32 << 10];
    try {
      for (int read = socket.getInputStream().read(buffer);
          read >= 0;
          read = socket.getInputStream().read(buffer)) {
        ByteString data = UnsafeByteOperations.unsafeWrap(java.util.Arrays.copyOf(buffer, read));
        toDaemon.onNext(BytesMessage.newBuilder().setData(data).build());
      }
    } catch (IOException | IllegalStateException e) {
      ended.countDown();
    }
  }

  private static Key<String> key(String name) {
    return Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
