package dev.slipway.agent;

import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.stub.StreamObserver;

/**
 * The way to the coordinator of one membership. What is sent after its end is dropped: nobody waits
 * for it any more. {@code this} guards the stream, which takes one message at a time. @ThreadSafe
 */
final class Outbox {
  private final StreamObserver<WorkerMessage> stream;
  private boolean closed;

  Outbox(StreamObserver<WorkerMessage> stream) {
    this.stream = stream;
  }

  synchronized void send(WorkerMessage message) {
    if (!closed) {
      stream.onNext(message);
    }
  }

  /** The other side has ended the stream. */
  synchronized void broken() {
    closed = true;
  }

  /** Says goodbye. */
  synchronized void complete() {
    if (!closed) {
      closed = true;
      stream.onCompleted();
    }
  }
}
