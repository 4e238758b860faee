package dev.slipway.session;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A call to the client with blocking writes and reads, for more bytes than fit in memory: a write
 * waits until the connection takes it. Several threads may write. @ThreadSafe; its monitor guards
 * the state.
 */
final class OutgoingCall<I, O> implements AutoCloseable {
  /** A client may be slow, or ask a person; health checks find the dead ones. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Answers asked for ahead: a receiver asks for its files in thousands of small messages. */
  private static final int AHEAD = 256;

  private final Session session;
  private final String what;
  private final ClientCall<I, O> call;

  // Guarded by this.
  private final ArrayDeque<O> answers = new ArrayDeque<>();
  private int taken;
  private Optional<Status> end = Optional.empty();

  OutgoingCall(
      TunnelSession session, MethodDescriptor<I, O> method, Metadata headers, String what) {
    this.session = session;
    this.what = what;
    this.call = session.channel().newCall(method, CallOptions.DEFAULT);
    call.start(new Answers(), headers);
    call.request(AHEAD);
  }

  /** Sends; throws what the client said when it has ended the call. */
  void send(I message) throws SlipwayException, InterruptedException {
    synchronized (this) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!call.isReady()) {
        failIfEnded();
        await(deadline);
      }
      failIfEnded();
      call.sendMessage(message);
    }
  }

  /** Nothing more will be sent. */
  synchronized void endSending() {
    if (end.isEmpty()) {
      call.halfClose();
    }
  }

  /** The next answer; empty when the client has ended the call well. */
  synchronized Optional<O> next() throws SlipwayException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (answers.isEmpty()) {
      if (end.isPresent()) {
        failUnlessOk(end.get());
        return Optional.empty();
      }
      await(deadline);
    }
    if (++taken == AHEAD / 2) {
      call.request(taken);
      taken = 0;
    }
    return Optional.of(answers.remove());
  }

  /** Waits until the client has ended the call, and reads over its answers. */
  void finish() throws SlipwayException, InterruptedException {
    endSending();
    while (next().isPresent()) {
      // A client's last words; only its status matters.
    }
  }

  private void failIfEnded() throws SlipwayException {
    if (end.isPresent()) {
      failUnlessOk(end.get());
      throw new SlipwayException(
          ErrorKind.INVALID, what + " failed: the client ended it before it was complete");
    }
  }

  private void failUnlessOk(Status status) throws SlipwayException {
    if (status.getCode() == Status.Code.ALREADY_EXISTS) {
      throw new SlipwayException(
          ErrorKind.CONFLICT, Optional.ofNullable(status.getDescription()).orElse(what));
    }
    if (!status.isOk()) {
      throw ClientErrors.of(session, status, what, ErrorKind.INVALID);
    }
  }

  private void await(long deadline) throws SlipwayException, InterruptedException {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    if (left <= 0) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, what + " failed: nothing from the client for " + PATIENCE);
    }
    wait(left);
  }

  /** Cancels the call unless it has ended. */
  @Override
  public synchronized void close() {
    if (end.isEmpty()) {
      call.cancel("export ended early", null);
    }
  }

  private final class Answers extends ClientCall.Listener<O> {
    @Override
    public void onMessage(O message) {
      synchronized (OutgoingCall.this) {
        answers.add(message);
        OutgoingCall.this.notifyAll();
      }
    }

    @Override
    public void onReady() {
      synchronized (OutgoingCall.this) {
        OutgoingCall.this.notifyAll();
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      synchronized (OutgoingCall.this) {
        end = Optional.of(status);
        OutgoingCall.this.notifyAll();
      }
    }
  }
}
