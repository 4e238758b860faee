package dev.slipway.agent;

import com.google.protobuf.ByteString;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Coordinators;
import dev.slipway.protocol.worker.Drained;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.Welcome;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A coordinator of one worker that says what the test says and keeps what it hears. */
public final class FakeCoordinator extends FarmGrpc.FarmImplBase implements AutoCloseable {
  public static final String TOKEN = "join-token";
  private static final int HEARTBEAT_MILLIS = 100;

  private final Capability.Signer signer = Capability.Signer.generate();
  private final Server server;
  private final BlockingQueue<Hello> hellos = new LinkedBlockingQueue<>();
  private final BlockingQueue<WorkerMessage> received = new LinkedBlockingQueue<>();
  private final List<StreamObserver<CoordinatorMessage>> links = new CopyOnWriteArrayList<>();

  /** The coordinators that it tells the next worker of. */
  public volatile List<String> named = List.of();

  /** Whether it has no need of a worker that drains. */
  public volatile boolean letsGo = true;

  public FakeCoordinator() throws IOException {
    Metadata.Key<String> header =
        Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER);
    ServerInterceptor guard =
        new ServerInterceptor() {
          @Override
          public <Q, A> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            if (TOKEN.equals(headers.get(header))) {
              return next.startCall(call, headers);
            }
            call.close(Status.UNAUTHENTICATED, new Metadata());
            return new ServerCall.Listener<>() {};
          }
        };
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .intercept(guard)
            .addService(this)
            .build()
            .start();
  }

  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  public String capability(String resource) {
    return signer.sign(resource, Instant.now().plusSeconds(60));
  }

  @Override
  public StreamObserver<WorkerMessage> join(StreamObserver<CoordinatorMessage> link) {
    return new StreamObserver<>() {
      @Override
      public void onNext(WorkerMessage message) {
        if (message.hasHello()) {
          links.add(link);
          link.onNext(
              CoordinatorMessage.newBuilder()
                  .setWelcome(
                      Welcome.newBuilder()
                          .setCapabilityPublicKey(ByteString.copyFrom(signer.publicKey()))
                          .setNowMillis(System.currentTimeMillis())
                          .setHeartbeatMillis(HEARTBEAT_MILLIS)
                          .setAddress(address())
                          .setCoordinators(Coordinators.newBuilder().addAllAddresses(named)))
                  .build());
          hellos.add(message.getHello());
        } else {
          received.add(message);
        }
        if (message.hasDraining() && letsGo) {
          link.onNext(
              CoordinatorMessage.newBuilder().setDrained(Drained.getDefaultInstance()).build());
        }
      }

      @Override
      public void onError(Throwable error) {
        links.remove(link);
      }

      @Override
      public void onCompleted() {
        links.remove(link);
        link.onCompleted();
      }
    };
  }

  public void send(CoordinatorMessage message) {
    links.getLast().onNext(message);
  }

  /** Breaks the membership. */
  public void drop() {
    links.removeLast().onError(Status.UNAVAILABLE.asRuntimeException());
  }

  public Hello awaitHello() throws InterruptedException {
    Hello hello = hellos.poll(20, TimeUnit.SECONDS);
    if (hello == null) {
      throw new AssertionError("no hello after 20 s");
    }
    return hello;
  }

  /** Returns the next message of this kind; earlier ones of other kinds are dropped. */
  public WorkerMessage await(Predicate<WorkerMessage> kind) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      WorkerMessage message = received.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (message == null) {
        throw new AssertionError("the message awaited did not come in 20 s");
      }
      if (kind.test(message)) {
        return message;
      }
    }
  }

  public int memberships() {
    return links.size();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
