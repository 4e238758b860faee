package dev.slipway.protocol;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.Status;
import io.grpc.stub.CallStreamObserver;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A gRPC call whose messages are the bytes of a connection, each way, with blocking reads and
 * writes. No more messages wait in memory than were asked for, and a writer waits for a reader that
 * is slow. One thread reads, one writes.
 *
 * @param <I> messages that come in
 * @param <O> messages that go out
 */
public final class ByteCall<I, O> implements AutoCloseable {
  /** Messages asked for ahead; 32 KiB each from those who copy sockets. */
  private static final int AHEAD = 8;

  /** The signal that the call is ready may come while nobody waits for it; looked at again then. */
  private static final long READY_POLL_MILLIS = 100;

  private sealed interface Arrival {
    record Bytes(ByteString bytes) implements Arrival {}

    record End(Status status) implements Arrival {}
  }

  private final Function<I, ByteString> unwrap;
  private final Function<ByteString, O> wrap;
  private final LinkedBlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private final CompletableFuture<CallStreamObserver<O>> stream = new CompletableFuture<>();
  private final Semaphore ready = new Semaphore(0);
  private volatile boolean over;
  private boolean outputEnded; // guarded by this

  private ByteCall(Function<I, ByteString> unwrap, Function<ByteString, O> wrap) {
    this.unwrap = unwrap;
    this.wrap = wrap;
  }

  /**
   * Makes a call.
   *
   * @param start starts it: a stub's method
   */
  public static <I, O> ByteCall<I, O> call(
      Function<I, ByteString> unwrap,
      Function<ByteString, O> wrap,
      Function<StreamObserver<I>, StreamObserver<O>> start) {
    ByteCall<I, O> call = new ByteCall<>(unwrap, wrap);
    var ignored = start.apply(call.new Caller());
    return call;
  }

  /** Answers a call; only inside the service's method, which returns {@link #incoming}. */
  public static <I, O> ByteCall<I, O> answer(
      Function<I, ByteString> unwrap, Function<ByteString, O> wrap, StreamObserver<O> responses) {
    ByteCall<I, O> call = new ByteCall<>(unwrap, wrap);
    ServerCallStreamObserver<O> out = (ServerCallStreamObserver<O>) responses;
    out.setOnCancelHandler(() -> call.end(Status.CANCELLED));
    out.disableAutoRequest();
    call.attach(out);
    out.request(AHEAD);
    return call;
  }

  /** Where the messages of an answered call go. */
  public StreamObserver<I> incoming() {
    return new Incoming();
  }

  /**
   * The next bytes; empty when the other side has ended its direction. @throws SlipwayException
   * UNAVAILABLE when the call broke
   */
  public Optional<ByteString> read() throws SlipwayException, InterruptedException {
    switch (arrivals.take()) {
      case Arrival.Bytes(ByteString bytes) -> {
        stream.join().request(1);
        return Optional.of(bytes);
      }
      case Arrival.End(Status status) -> {
        arrivals.add(new Arrival.End(status));
        if (status.isOk()) {
          return Optional.empty();
        }
        throw broken(status);
      }
    }
  }

  /** Sends, once the other side is ready for it. @throws SlipwayException as {@link #read} */
  public void write(ByteString bytes) throws SlipwayException, InterruptedException {
    send(wrap.apply(bytes));
  }

  /** Sends a message that is not bytes of the connection. */
  void start(O message) throws SlipwayException, InterruptedException {
    send(message);
  }

  private void send(O message) throws SlipwayException, InterruptedException {
    CallStreamObserver<O> out = stream.join();
    while (!out.isReady()) {
      if (over) {
        throw broken(Status.CANCELLED);
      }
      ready.tryAcquire(READY_POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
    synchronized (this) {
      if (outputEnded) {
        throw broken(Status.CANCELLED);
      }
      try {
        out.onNext(message);
      } catch (IllegalStateException e) {
        throw new SlipwayException(ErrorKind.UNAVAILABLE, "the connection has ended", e);
      }
    }
  }

  /** Sends everything that the other call brings, and its end. */
  public void copyFrom(ByteCall<?, ?> other) throws SlipwayException, InterruptedException {
    for (Optional<ByteString> bytes = other.read(); bytes.isPresent(); bytes = other.read()) {
      write(bytes.get());
    }
    endWriting();
  }

  /** Nothing more will be sent; what comes in still does. */
  public synchronized void endWriting() {
    if (!outputEnded) {
      outputEnded = true;
      try {
        stream.join().onCompleted();
      } catch (IllegalStateException _) {
        over = true; // cancelled at the same moment
      }
    }
  }

  /** Ends both directions; the other side hears the reason unless it has heard the end. */
  public synchronized void fail(Status reason) {
    end(reason); // whoever reads here wakes up, whatever gRPC still says
    switch (stream.join()) {
      case ClientCallStreamObserver<O> client ->
          client.cancel(String.valueOf(reason.getDescription()), null);
      case CallStreamObserver<O> server -> {
        if (!outputEnded) {
          outputEnded = true;
          try {
            server.onError(reason.asRuntimeException());
          } catch (IllegalStateException _) {
            over = true; // the caller cancelled at the same moment
          }
        }
      }
    }
  }

  /** Ends what has not ended. */
  @Override
  public void close() {
    fail(Status.CANCELLED.withDescription("the connection was closed"));
  }

  private void attach(CallStreamObserver<O> out) {
    out.setOnReadyHandler(ready::release);
    stream.complete(out);
  }

  private void end(Status status) {
    over |= !status.isOk();
    arrivals.add(new Arrival.End(status));
  }

  private static SlipwayException broken(Status status) {
    String said = status.getDescription();
    return new SlipwayException(
        status.getCode() == Status.Code.CANCELLED ? ErrorKind.CANCELLED : ErrorKind.UNAVAILABLE,
        said == null ? "the connection has ended: " + status.getCode() : said,
        status.getCause());
  }

  private class Incoming implements StreamObserver<I> {
    @Override
    public void onNext(I message) {
      arrivals.add(new Arrival.Bytes(unwrap.apply(message)));
    }

    @Override
    public void onError(Throwable error) {
      end(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      end(Status.OK);
    }
  }

  private final class Caller extends Incoming implements ClientResponseObserver<O, I> {
    @Override
    public void beforeStart(ClientCallStreamObserver<O> out) {
      out.disableAutoRequestWithInitial(AHEAD);
      attach(out);
    }

    /** The answer's end is the call's: nobody takes what is still to be sent. */
    @Override
    public void onCompleted() {
      over = true;
      super.onCompleted();
    }
  }
}
