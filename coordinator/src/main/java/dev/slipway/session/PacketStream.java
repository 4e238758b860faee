package dev.slipway.session;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.filesync.FileSyncGrpc;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A DiffCopy call with blocking reads. Writes never block: a client that waits for us to read must
 * not be waited for. One thread reads and writes; gRPC's only adds to the queue, which holds no
 * more than was asked for.
 */
final class PacketStream implements AutoCloseable {
  /** Packets asked for ahead, 32 KiB each at most from known clients. */
  private static final int AHEAD = 256;

  /**
   * Largest packet, in bytes: with {@link #AHEAD} it bounds what waits in memory. Known clients'
   * largest are attributes of files.
   */
  private static final int MAXIMUM_PACKET = 1 << 20;

  /**
   * A client that walks a huge directory of which everything is excluded is silent meanwhile;
   * health checks find the dead ones.
   */
  private static final Duration SILENCE = Duration.ofMinutes(5);

  private sealed interface Arrival {
    record Received(Packet packet) implements Arrival {}

    record Ended(Status status) implements Arrival {}
  }

  private final Session session;
  private final String what;
  private final LinkedBlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private ClientCallStreamObserver<Packet> call;
  private int taken;
  private boolean ended;

  PacketStream(TunnelSession session, Metadata headers, String what) {
    this.session = session;
    this.what = what;
    var ignored =
        FileSyncGrpc.newStub(session.channel())
            .withMaxInboundMessageSize(MAXIMUM_PACKET)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .diffCopy(new Observer());
  }

  /** The next packet; empty when the client has ended the call well. */
  Optional<Packet> next() throws SlipwayException, InterruptedException {
    Arrival arrival = arrivals.poll(SILENCE.toSeconds(), TimeUnit.SECONDS);
    return switch (arrival) {
      case null ->
          throw new SlipwayException(
              ErrorKind.UNAVAILABLE, what + " failed: nothing from the client for " + SILENCE);
      case Arrival.Received(Packet packet) -> {
        if (++taken == AHEAD / 2) {
          call.request(taken);
          taken = 0;
        }
        yield Optional.of(packet);
      }
      case Arrival.Ended(Status status) -> {
        ended = true;
        if (!status.isOk()) {
          throw ClientErrors.of(session, status, what, ErrorKind.INVALID);
        }
        yield Optional.empty();
      }
    };
  }

  void send(Packet packet) {
    call.onNext(packet);
  }

  /** Nothing more will be sent. */
  void endSending() {
    call.onCompleted();
  }

  /** Cancels the call unless it has ended. */
  @Override
  public void close() {
    if (!ended) {
      call.cancel("transfer ended early", null);
    }
  }

  private final class Observer implements ClientResponseObserver<Packet, Packet> {
    @Override
    public void beforeStart(ClientCallStreamObserver<Packet> stream) {
      call = stream;
      stream.disableAutoRequestWithInitial(AHEAD);
    }

    @Override
    public void onNext(Packet packet) {
      arrivals.add(new Arrival.Received(packet));
    }

    @Override
    public void onError(Throwable error) {
      arrivals.add(new Arrival.Ended(Status.fromThrowable(error)));
    }

    @Override
    public void onCompleted() {
      arrivals.add(new Arrival.Ended(Status.OK));
    }
  }
}
