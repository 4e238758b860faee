package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How often workers gave a stage back without having begun it. A worker whose disk is full has room
 * again when other builds end; when it is the files of others that fill it, waiting is in
 * vain. @ThreadSafe
 */
final class Refusals {
  /** Long enough for another build to end, short enough for somebody who watches. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * In that time a full worker is asked hundreds of times; a stage that merely waits long between
   * two refusals has few.
   */
  private static final int MANY = 20;

  private @Nullable Instant first;
  private int count;

  /** Notes a refusal; returns the error when it is one too many. */
  synchronized Optional<SlipwayException> add(String worker, String reason, Instant now) {
    if (first == null) {
      first = now;
    }
    count++;
    Duration waited = Duration.between(first, now);
    if (count < MANY || waited.compareTo(PATIENCE) < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new SlipwayException(
            ErrorKind.EXHAUSTED,
            "no worker took the step: workers gave it back "
                + count
                + " times in "
                + waited.toSeconds()
                + " s, last "
                + worker
                + ": "
                + reason));
  }
}
