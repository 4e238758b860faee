package dev.slipway.peer;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A response body for blocking writers: waits while the peer does not take what was written. Owner: one thread that is not an event
 * loop; the event loop only wakes it. The lock guards {@code broken} and the waiting.
 */
final class ResponseStream extends OutputStream {
  private static final int CHUNK = 64 << 10;

  /** A peer that takes nothing for so long is gone. */
  private static final long STALL_SECONDS = 60;

  private final HttpServerResponse response;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final byte[] chunk = new byte[CHUNK];
  private int filled;
  private boolean broken;

  ResponseStream(HttpServerResponse response) {
    this.response = response;
    response.drainHandler(_ -> wake(false));
    response.closeHandler(_ -> wake(true));
    response.exceptionHandler(_ -> wake(true));
  }

  private void wake(boolean gone) {
    lock.lock();
    try {
      broken |= gone;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(int value) throws IOException {
    if (filled == CHUNK) {
      send();
    }
    chunk[filled++] = (byte) value;
  }

  @Override
  public void write(byte[] data, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      if (filled == CHUNK) {
        send();
      }
      int count = Math.min(CHUNK - filled, length - done);
      System.arraycopy(data, offset + done, chunk, filled, count);
      filled += count;
      done += count;
    }
  }

  /** Passes on what is left; keeps the response open. */
  @Override
  public void flush() throws IOException {
    if (filled > 0) {
      send();
    }
  }

  private void send() throws IOException {
    awaitRoom();
    Buffer buffer = Buffer.buffer(filled);
    buffer.appendBytes(chunk, 0, filled);
    filled = 0;
    response.write(buffer);
  }

  private void awaitRoom() throws IOException {
    lock.lock();
    try {
      long left = TimeUnit.SECONDS.toNanos(STALL_SECONDS);
      while (!broken && response.writeQueueFull()) {
        if (left <= 0) {
          throw new IOException("the peer took nothing for " + STALL_SECONDS + " s");
        }
        left = changed.awaitNanos(left);
      }
      if (broken) {
        throw new IOException("the peer has gone");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }
}
