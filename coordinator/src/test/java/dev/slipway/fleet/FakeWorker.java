package dev.slipway.fleet;

import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.Heartbeat;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A worker at the other end of a real connection, moved by the test. */
final class FakeWorker implements StreamObserver<CoordinatorMessage>, AutoCloseable {
  /** How the call ended. */
  final CompletableFuture<Status> ended = new CompletableFuture<>();

  private final BlockingQueue<CoordinatorMessage> inbox = new LinkedBlockingQueue<>();
  private final BlockingQueue<CoordinatorMessage> peers = new LinkedBlockingQueue<>();
  private final ManagedChannel channel;
  private final StreamObserver<WorkerMessage> outbox;

  FakeWorker(InetSocketAddress farm, String joinToken) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER), joinToken);
    this.channel =
        NettyChannelBuilder.forAddress(farm).usePlaintext().maxInboundMessageSize(16 << 20).build();
    this.outbox =
        FarmGrpc.newStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .join(this);
  }

  static Hello.Builder hello(String id, String... layers) {
    Hello.Builder hello =
        Hello.newBuilder()
            .setWorkerId(id)
            .setVersion("test")
            .addNativePlatforms(
                dev.slipway.protocol.buildkit.ops.Platform.newBuilder()
                    .setOS("linux")
                    .setArchitecture("amd64"))
            .setSlots(2)
            .setBlobUrl("http://127.0.0.1:9");
    for (String layer : layers) {
      hello.addHeldLayers(HeldLayer.newBuilder().setLayerId(layer).setSize(10));
    }
    return hello;
  }

  /** Joins and takes the welcome. */
  CoordinatorMessage join(Hello.Builder hello) throws InterruptedException {
    say(WorkerMessage.newBuilder().setHello(hello).build());
    return next();
  }

  void say(WorkerMessage message) {
    outbox.onNext(message);
  }

  void beat() {
    say(WorkerMessage.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()).build());
  }

  /** The next message that does not tell of other workers, or a failure when none comes. */
  CoordinatorMessage next() throws InterruptedException {
    return next(inbox);
  }

  /** The next addresses of all workers, or a failure when none come. */
  List<String> nextPeers() throws InterruptedException {
    return next(peers).getPeers().getAddressesList();
  }

  private CoordinatorMessage next(BlockingQueue<CoordinatorMessage> inbox)
      throws InterruptedException {
    CoordinatorMessage message = inbox.poll(5, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError(
          "no message came; the call " + (ended.isDone() ? "ended: " + ended.join() : "is open"));
    }
    return message;
  }

  void sayGoodbye() {
    outbox.onCompleted();
  }

  @Override
  public void onNext(CoordinatorMessage message) {
    (message.hasPeers() ? peers : inbox).add(message);
  }

  @Override
  public void onError(Throwable error) {
    ended.complete(Status.fromThrowable(error));
  }

  @Override
  public void onCompleted() {
    ended.complete(Status.OK);
  }

  /** Dies: the connection breaks. */
  @Override
  public void close() {
    channel.shutdownNow();
  }
}
