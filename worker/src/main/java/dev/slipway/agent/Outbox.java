package dev.slipway.agent;

import com.google.protobuf.ByteString;
import dev.slipway.execute.ClientConnections;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.stub.StreamObserver;

/**
 * The way to the coordinator of one membership. What is sent after its end is dropped: nobody waits
 * for it any more. {@code this} guards the stream, which takes one message at a time. @ThreadSafe
 */
final class Outbox {
  private final StreamObserver<WorkerMessage> stream;
  private final Attachment attachment;
  private final ClientConnections connections;
  private boolean closed;

  /** Makes the call of a container at the same coordinator. */
  interface Attachment {
    void begin(AttachedLine line);
  }

  /**
   * @param connections connects to what clients of this coordinator share
   */
  Outbox(
      StreamObserver<WorkerMessage> stream, Attachment attachment, ClientConnections connections) {
    this.stream = stream;
    this.attachment = attachment;
    this.connections = connections;
  }

  /** Where a container's commands come from. */
  AttachedLine attach(ByteString ticket) {
    AttachedLine line = new AttachedLine();
    attachment.begin(line);
    line.attach(ticket);
    return line;
  }

  ClientConnections connections() {
    return connections;
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
