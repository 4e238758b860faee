package dev.slipway.sandbox;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;

/**
 * Cuts the output of a noisy process, as BuildKit does: at most 2 MiB per step and 200 KiB for
 * every second begun. What is cut is kept, the last 256 KiB of each stream, and written when the
 * step fails. Guarded by itself: both pump threads write here.
 */
final class LogLimiter implements ExecOutput {
  static final long MAX_SIZE = 2L << 20;
  static final long MAX_PER_SECOND = 200L << 10;
  static final int TAIL_SIZE = 256 << 10;

  private final ExecOutput target;
  private final InstantSource clock;
  private final long startMillis;
  private final Stream[] streams = {new Stream(), new Stream()};
  private long written;

  LogLimiter(ExecOutput target, InstantSource clock) {
    this.target = target;
    this.clock = clock;
    this.startMillis = clock.millis();
  }

  @Override
  public synchronized void write(int stream, byte[] data) {
    Stream state = streams[stream - 1];
    long bySpeed =
        Math.max(1, Math.ceilDiv(clock.millis() - startMillis, Duration.ofSeconds(1).toMillis()))
            * MAX_PER_SECOND;
    long allowed = Math.min(bySpeed, MAX_SIZE);
    int pass = (int) Math.clamp(allowed - written, 0, data.length);
    if (pass > 0) {
      written += pass;
      state.clipping = false;
      target.write(stream, pass == data.length ? data : Arrays.copyOf(data, pass));
    }
    if (pass < data.length) {
      state.keep(data, pass);
      if (!state.clipping) {
        state.clipping = true;
        String limit = bySpeed < MAX_SIZE ? "200KiB/s" : "2MiB";
        target.write(
            stream,
            ("\n[output clipped, log limit " + limit + " reached]\n")
                .getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** Writes the end of what was cut, when the stream ended in the cut. */
  synchronized void flushTails() {
    for (int stream = ExecOutput.STDOUT; stream <= ExecOutput.STDERR; stream++) {
      Stream state = streams[stream - 1];
      if (state.clipping) {
        target.write(stream, state.tail());
        state.clipping = false;
      }
    }
  }

  /** Ring buffer of what was cut from one stream. */
  private static final class Stream {
    private byte[] ring = new byte[0];
    private long kept;
    private boolean clipping;

    void keep(byte[] data, int from) {
      if (ring.length == 0) {
        ring = new byte[TAIL_SIZE];
      }
      if (!clipping) {
        kept = 0;
      }
      for (int start = Math.max(from, data.length - TAIL_SIZE); start < data.length; ) {
        int at = (int) (kept % TAIL_SIZE);
        int length = Math.min(data.length - start, TAIL_SIZE - at);
        System.arraycopy(data, start, ring, at, length);
        kept += length;
        start += length;
      }
    }

    byte[] tail() {
      int length = (int) Math.min(kept, TAIL_SIZE);
      byte[] result = new byte[length];
      for (int i = 0; i < length; i++) {
        result[i] = ring[(int) ((kept - length + i) % TAIL_SIZE)];
      }
      return result;
    }
  }
}
