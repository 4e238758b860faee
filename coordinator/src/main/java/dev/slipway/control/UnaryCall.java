package dev.slipway.control;

import dev.slipway.error.SlipwayException;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a call on the thread that it came on, which must be a virtual one; a client that goes
 * away interrupts it.
 */
final class UnaryCall {
  private static final Logger log = LoggerFactory.getLogger(UnaryCall.class);

  private UnaryCall() {}

  /** What makes the answer. */
  interface Body<A> {
    A run() throws SlipwayException, IOException, InterruptedException;
  }

  /** What makes a stream of answers. */
  interface Source {
    void run() throws SlipwayException, IOException, InterruptedException;
  }

  static <A> void answer(StreamObserver<A> client, Body<A> body) {
    stream(client, () -> client.onNext(body.run()));
  }

  /** Completes the stream that the source has sent its answers to. */
  static <A> void stream(StreamObserver<A> client, Source source) {
    Interruption interruption = Interruption.ofThisThread();
    Context call = Context.current();
    Context.CancellationListener listener = _ -> interruption.fire();
    call.addListener(listener, Runnable::run);
    try {
      source.run();
    } catch (SlipwayException | IOException | InterruptedException | RuntimeException e) {
      finish(call, () -> client.onError(ErrorStatus.exception(e)));
      return;
    } finally {
      call.removeListener(listener);
      interruption.close();
    }
    finish(call, client::onCompleted);
  }

  private static void finish(Context call, Runnable send) {
    try {
      send.run();
    } catch (StatusRuntimeException | IllegalStateException e) {
      // The client left before it had its answer.
      log.atDebug().addKeyValue("cancelled", call.isCancelled()).setCause(e).log("answer not sent");
    }
  }
}
