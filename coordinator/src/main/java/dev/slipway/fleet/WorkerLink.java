package dev.slipway.fleet;

import dev.slipway.protocol.worker.CoordinatorMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one worker: an outbox that a thread of its own empties, as fast as the worker reads
 * and no faster. @ThreadSafe
 */
final class WorkerLink {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerLink.class);

  /**
   * Messages under way to a worker; with a message per slot, push or read this many means that it
   * does not read.
   */
  private static final int MAX_OUTBOX = 4096;

  /**
   * The signal that the stream is ready may come late, behind a message being handled; look again
   * after this long.
   */
  private static final long READY_POLL_MILLIS = 100;

  private final ServerCallStreamObserver<CoordinatorMessage> stream;
  private final BlockingQueue<CoordinatorMessage> outbox = new ArrayBlockingQueue<>(MAX_OUTBOX);
  private final Semaphore ready = new Semaphore(0);
  private final Thread writer;
  private volatile @Nullable Status closing;

  private WorkerLink(ServerCallStreamObserver<CoordinatorMessage> stream) {
    this.stream = stream;
    this.writer = Thread.ofVirtual().name("worker-link").unstarted(this::write);
  }

  /** Opens the link; to be called before the call's method returns. */
  static WorkerLink open(ServerCallStreamObserver<CoordinatorMessage> stream) {
    WorkerLink link = new WorkerLink(stream);
    stream.setOnReadyHandler(link.ready::release);
    link.writer.start();
    return link;
  }

  /** Queues the message; returns whether it may arrive. A worker that does not read is cut off. */
  boolean send(CoordinatorMessage message) {
    if (closing != null) {
      return false;
    }
    if (!outbox.offer(message)) {
      close(Status.RESOURCE_EXHAUSTED.withDescription("the worker does not read its messages"));
      return false;
    }
    return true;
  }

  /** Ends the call; what is in the outbox is not sent. */
  void close(Status status) {
    if (closing == null) {
      closing = status;
      writer.interrupt();
    }
  }

  boolean isClosed() {
    return closing != null;
  }

  private void write() {
    try {
      while (closing == null) {
        CoordinatorMessage message = outbox.take();
        while (!stream.isReady() && closing == null) {
          ready.tryAcquire(READY_POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (closing == null) {
          stream.onNext(message);
        }
      }
    } catch (InterruptedException _) {
      LOG.trace("link closed while waiting");
    } catch (RuntimeException e) {
      LOG.atDebug().setCause(e).log("link to a worker broke");
      close(Status.UNAVAILABLE.withDescription("the link broke"));
    }
    Status status = closing;
    if (stream.isCancelled() || status == null) {
      return;
    }
    try {
      if (status.isOk()) {
        stream.onCompleted();
      } else {
        stream.onError(status.asRuntimeException());
      }
    } catch (IllegalStateException e) {
      LOG.atDebug().setCause(e).log("link to a worker was closed already");
    }
  }
}
