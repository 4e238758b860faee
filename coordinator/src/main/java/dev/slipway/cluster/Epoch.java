package dev.slipway.cluster;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The first eight bytes of every stored value: a number that grows with each write. */
final class Epoch {
  static final long NONE = 0;

  /**
   * Writes to one entry within a millisecond that keep their order even when it is removed and made
   * again in between.
   */
  private static final int WRITES_PER_MILLI_BITS = 10;

  private Epoch() {}

  /** Returns the epoch of a stored value, {@link #NONE} when there is no value. */
  static long of(byte @Nullable [] stored) {
    return stored == null ? NONE : ByteBuffer.wrap(stored).getLong();
  }

  /**
   * Returns an epoch after the previous one; from the clock, so that an entry made anew does not
   * repeat an old epoch.
   */
  static long after(long previous) {
    return Math.max(previous + 1, System.currentTimeMillis() << WRITES_PER_MILLI_BITS);
  }

  static byte[] stamp(long epoch, byte[] value) {
    return ByteBuffer.allocate(Long.BYTES + value.length).putLong(epoch).put(value).array();
  }

  static byte[] value(byte[] stored) {
    return Arrays.copyOfRange(stored, Long.BYTES, stored.length);
  }
}
