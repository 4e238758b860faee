package dev.slipway.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An HTTP response as a blocking stream for one virtual thread: waits while the peer reads slower
 * than it writes.
 */
public final class ResponseStream extends OutputStream {
  /** Bytes handed to the connection at once. */
  private static final int CHUNK = 64 << 10;

  /** A peer that takes nothing for this long is given up. */
  private static final Duration STALL = Duration.ofSeconds(60);

  private final HttpServerResponse response;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private byte[] pending = new byte[CHUNK];
  private int count;
  private volatile boolean gone;

  /** Must be made on the request's event loop. */
  public ResponseStream(HttpServerResponse response) {
    this.response = response;
    response.drainHandler(_ -> signal(false));
    response.closeHandler(_ -> signal(true));
    response.exceptionHandler(_ -> signal(true));
  }

  private void signal(boolean lost) {
    lock.lock();
    try {
      gone |= lost;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, CHUNK - count);
      System.arraycopy(bytes, offset + done, pending, count, part);
      count += part;
      done += part;
      if (count == CHUNK) {
        flush();
      }
    }
  }

  @Override
  public void flush() throws IOException {
    if (count == 0) {
      return;
    }
    awaitRoom();
    response.write(
        Buffer.buffer(count == CHUNK ? pending : java.util.Arrays.copyOf(pending, count)));
    pending = new byte[CHUNK]; // the connection keeps the array that it was given
    count = 0;
  }

  private void awaitRoom() throws IOException {
    long left = STALL.toNanos();
    lock.lock();
    try {
      while (!gone && response.writeQueueFull()) {
        if (left <= 0) {
          throw new IOException("the peer read nothing for " + STALL.toSeconds() + " s");
        }
        // A drain between the look and the wait is not missed for long: the queue is looked at
        // again every second.
        long slice = Math.min(left, TimeUnit.SECONDS.toNanos(1));
        left -= slice - Math.max(0, changed.awaitNanos(slice));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted while sending").initCause(e);
    } finally {
      lock.unlock();
    }
    if (gone) {
      throw new IOException("the peer closed the connection");
    }
  }

  /** Ends the response. */
  @Override
  public void close() throws IOException {
    flush();
    response.end();
  }
}
