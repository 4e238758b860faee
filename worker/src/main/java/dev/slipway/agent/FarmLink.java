package dev.slipway.agent;

import dev.slipway.certificates.FarmTls;
import dev.slipway.protocol.Forwarding;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.Welcome;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins one coordinator, and joins again whenever the link breaks, until closed. One thread owns
 * it.
 */
final class FarmLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FarmLink.class);
  private static final Metadata.Key<String> JOIN_TOKEN =
      Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * First and longest pause before another try; doubled in between, half of it left to chance so
   * that a farm does not come back at once.
   */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private static final long KEEP_ALIVE_SECONDS = 10;
  private static final long GOODBYE_SECONDS = 2;

  /** Stages come with whole ops in them, and ops with file contents. */
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final String address;
  private final ManagedChannel channel;
  private final String joinToken;
  private final Supplier<Hello> hello;
  private final Member member;
  private volatile boolean closed;

  /**
   * What is done with a membership. Called by gRPC's thread of the stream, in order; must not
   * block.
   */
  interface Member {
    void joined(Welcome welcome, Outbox outbox);

    void received(CoordinatorMessage message, Outbox outbox);

    /** The membership is over; what ran for it is of no use any more. */
    void lost();
  }

  /**
   * @param address {@code host:port} of the coordinator
   * @param tls of the channel
   * @param hello made anew for each try
   */
  FarmLink(
      String address,
      String joinToken,
      Optional<FarmTls> tls,
      Supplier<Hello> hello,
      Member member) {
    this.address = address;
    this.channel =
        FarmTls.dial(tls, NettyChannelBuilder.forTarget(address))
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
    this.joinToken = joinToken;
    this.hello = hello;
    this.member = member;
  }

  /** Stays joined until {@link #close}, an interrupt, or a refusal of the token. */
  void run() throws InterruptedException {
    int failures = 0;
    String told = "";
    while (!closed) {
      Stream stream = new Stream();
      Status end = stream.run();
      if (closed) {
        return;
      }
      boolean refused =
          end.getCode() == Status.Code.UNAUTHENTICATED
              || end.getCode() == Status.Code.PERMISSION_DENIED;
      String reason = refused ? String.valueOf(end.getDescription()) : "";
      if (refused && !reason.equals(told)) {
        LOG.atError()
            .addKeyValue("coordinator", address)
            .addKeyValue("reason", reason)
            .log("the coordinator refuses this worker, it tries again");
      }
      told = reason;
      failures = stream.welcomed ? 0 : failures + 1;
      long pause =
          Math.min(FIRST_PAUSE.toMillis() << Math.min(failures, 10), LONGEST_PAUSE.toMillis());
      long jittered = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
      if (stream.welcomed || failures == 1) {
        LOG.atWarn()
            .addKeyValue("coordinator", address)
            .addKeyValue("reason", end.getCode() + " " + end.getDescription())
            .log("not joined to the coordinator, trying again");
      }
      Thread.sleep(jittered);
      channel.resetConnectBackoff();
    }
  }

  /** One try, and the membership that it becomes. */
  private final class Stream implements StreamObserver<CoordinatorMessage> {
    private final CompletableFuture<Status> ended = new CompletableFuture<>();
    private final CompletableFuture<Outbox> outbox = new CompletableFuture<>();
    private volatile boolean welcomed;

    Status run() throws InterruptedException {
      Metadata headers = new Metadata();
      headers.put(JOIN_TOKEN, joinToken);
      FarmGrpc.FarmStub farm =
          FarmGrpc.newStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      Outbox out = new Outbox(farm.join(this), farm::attach, token -> Forwarding.open(farm, token));
      outbox.complete(out);
      out.send(WorkerMessage.newBuilder().setHello(hello.get()).build());
      try {
        return ended.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("a stream's end is never an exception", e);
      } catch (InterruptedException e) {
        out.complete();
        throw e;
      } finally {
        if (welcomed) {
          member.lost();
        }
      }
    }

    @Override
    public void onNext(CoordinatorMessage message) {
      Outbox out = outbox.join();
      if (message.hasWelcome()) {
        welcomed = true;
        member.joined(message.getWelcome(), out);
      } else {
        member.received(message, out);
      }
    }

    @Override
    public void onError(Throwable error) {
      end(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      end(Status.OK.withDescription("the coordinator said goodbye"));
    }

    private void end(Status status) {
      Outbox out = outbox.join();
      if (status.isOk()) {
        out.complete();
      } else {
        out.broken();
      }
      ended.complete(status);
    }
  }

  @Override
  public void close() {
    closed = true;
    channel.shutdown();
    try {
      if (!channel.awaitTermination(GOODBYE_SECONDS, TimeUnit.SECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException _) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
