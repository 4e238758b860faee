package dev.slipway.queue;

import io.grpc.stub.CallStreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be sent on a stream, as fast as the other side reads, by a thread of its own. Messages
 * go in order; hints go when there is none, only the newest of each key. The messages that may pile
 * up are a few for each stage, which are bounded; a side that reads nothing for {@link #STALL} is
 * cut off. @ThreadSafe
 */
final class Outbox<M> {
  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /** Longer than a pause of the other side's collector, shorter than people's patience. */
  private static final Duration STALL = Duration.ofSeconds(20);

  /** The signal that the stream is ready may come late; look again after this long. */
  private static final long READY_POLL_MILLIS = 100;

  private final CallStreamObserver<M> stream;
  private final Thread writer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Deque<M> messages = new ArrayDeque<>();
  private final Map<String, M> hints = new LinkedHashMap<>();
  private @Nullable Consumer<CallStreamObserver<M>> end;

  private final Runnable stalled;

  /**
   * @param stalled called, by the writer, when the other side does not read or the stream breaks
   */
  Outbox(String name, CallStreamObserver<M> stream, Runnable stalled) {
    this.stream = stream;
    this.stalled = stalled;
    this.writer = Thread.ofVirtual().name(name).unstarted(this::write);
    stream.setOnReadyHandler(this::wake);
  }

  void start() {
    writer.start();
  }

  /**
   * Queues a message that concerns the key; a hint of the same key that was not sent is dropped.
   */
  void send(String key, M message) {
    lock.lock();
    try {
      if (end == null) {
        hints.remove(key);
        messages.add(message);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Queues a message that the next of the same key makes useless. */
  void hint(String key, M message) {
    lock.lock();
    try {
      if (end == null) {
        hints.put(key, message);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the stream in that way, once; what was not sent never is. */
  void close(Consumer<CallStreamObserver<M>> how) {
    lock.lock();
    try {
      if (end == null) {
        end = how;
        messages.clear();
        hints.clear();
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    try {
      for (M message = next(); message != null; message = next()) {
        stream.onNext(message);
      }
      Consumer<CallStreamObserver<M>> how = end();
      if (how == null) {
        stalled.run();
      } else {
        how.accept(stream);
      }
    } catch (InterruptedException e) {
      LOG.debug("writer of a stream interrupted");
    } catch (RuntimeException e) {
      // The call has ended under it; its observer hears why.
      LOG.atDebug().setCause(e).log("stream broke while it was written");
      stalled.run();
    }
  }

  private @Nullable Consumer<CallStreamObserver<M>> end() {
    lock.lock();
    try {
      return end;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for something to send; null at the end, or when the other side does not read. */
  private @Nullable M next() throws InterruptedException {
    lock.lock();
    try {
      long waiting = 0;
      while (end == null) {
        boolean idle = messages.isEmpty() && hints.isEmpty();
        if (idle) {
          changed.await();
          waiting = 0;
          continue;
        }
        if (stream.isReady()) {
          return poll();
        }
        long start = System.nanoTime();
        changed.await(READY_POLL_MILLIS, TimeUnit.MILLISECONDS);
        waiting += System.nanoTime() - start;
        if (waiting > STALL.toNanos()) {
          return null;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private M poll() {
    if (!messages.isEmpty()) {
      return messages.remove();
    }
    Iterator<M> oldest = hints.values().iterator();
    M hint = oldest.next();
    oldest.remove();
    return hint;
  }
}
