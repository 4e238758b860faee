package dev.slipway.http;

import java.time.Duration;

/**
 * Tells a source that gives next to nothing from a reader that takes its time: only what reads wait
 * counts. Owner: the reading thread.
 */
public final class SpeedFloor {
  /** A tenth of the slowest line that anybody runs a farm on. */
  public static final long BYTES_PER_SECOND = 64 << 10;

  /** Long enough to ride out a lost packet and a disk that wakes up. */
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final long bytesPerSecond;
  private final long windowNanos;
  private long bytes;
  private long waitedNanos;
  private boolean below;

  public SpeedFloor() {
    this(BYTES_PER_SECOND, WINDOW);
  }

  /**
   * @param window waiting after which the speed is looked at, again and again
   */
  public SpeedFloor(long bytesPerSecond, Duration window) {
    this.bytesPerSecond = bytesPerSecond;
    this.windowNanos = window.toNanos();
  }

  /** A read gave so many bytes after waiting so long. */
  public void read(long count, long nanos) {
    bytes += Math.max(0, count);
    waitedNanos += nanos;
    if (waitedNanos >= windowNanos) {
      below = bytes < bytesPerSecond * (waitedNanos / 1e9);
      bytes = 0;
      waitedNanos = 0;
    }
  }

  /** Whether the source was too slow over the last window. */
  public boolean isBelow() {
    return below;
  }

  /** Starts anew, with another source. */
  public void reset() {
    bytes = 0;
    waitedNanos = 0;
    below = false;
  }
}
