package dev.slipway.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A response body whose reads fail when nothing comes for too long. The JDK's client has no
 * time-out once the headers are there.
 */
public final class WatchedStream extends FilterInputStream {
  private final Duration patience;
  private final ScheduledFuture<?> check;
  private volatile long waitingSince; // nanoTime, 0 = no read is waiting
  private volatile boolean stalled;

  /**
   * @param watch runs short tasks
   * @param patience how long a read may wait
   */
  public WatchedStream(InputStream body, ScheduledExecutorService watch, Duration patience) {
    super(body);
    this.patience = patience;
    long period = Math.max(1, patience.toMillis() / 4);
    this.check =
        watch.scheduleAtFixedRate(this::closeIfStalled, period, period, TimeUnit.MILLISECONDS);
  }

  private void closeIfStalled() {
    long since = waitingSince;
    if (since != 0 && System.nanoTime() - since > patience.toNanos()) {
      stalled = true;
      check.cancel(false);
      try {
        in.close();
      } catch (IOException e) {
        // The waiting read fails either way.
      }
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    waitingSince = System.nanoTime() | 1;
    try {
      int count = in.read(buffer, offset, length);
      if (stalled) {
        throw new HttpTimeoutException("no data for " + patience.toSeconds() + " s");
      }
      return count;
    } catch (IOException e) {
      if (stalled && !(e instanceof HttpTimeoutException)) {
        throw new HttpTimeoutException("no data for " + patience.toSeconds() + " s");
      }
      throw e;
    } finally {
      waitingSince = 0;
    }
  }

  @Override
  public void close() throws IOException {
    check.cancel(false);
    super.close();
  }
}
