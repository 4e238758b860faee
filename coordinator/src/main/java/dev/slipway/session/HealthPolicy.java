package dev.slipway.session;

import java.time.Duration;

/**
 * When a silent client counts as gone.
 *
 * @param interval between checks
 * @param timeout of one check; half as long again as the last one took if that is more
 * @param failures in a row that end the session
 */
public record HealthPolicy(Duration interval, Duration timeout, int failures) {
  /** BuildKit's numbers. */
  public static final HealthPolicy DEFAULT =
      new HealthPolicy(Duration.ofSeconds(5), Duration.ofSeconds(15), 2);

  public HealthPolicy {
    if (interval.isNegative()
        || interval.isZero()
        || timeout.isNegative()
        || timeout.isZero()
        || failures < 1) {
      throw new IllegalArgumentException(
          "health policy needs a positive interval, time-out and number of failures");
    }
  }
}
