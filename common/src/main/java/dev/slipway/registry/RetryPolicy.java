package dev.slipway.registry;

import java.time.Duration;

/**
 * How often something is tried and how long in between. Pauses double from the first to the longest
 * and are shortened at random by up to half, so that many clients do not come back together.
 *
 * @param attempts at least 1
 * @param overall no attempt starts later than this after the first one
 * @param patience how long a peer may neither answer nor take or give a byte
 */
public record RetryPolicy(
    int attempts, Duration firstPause, Duration longestPause, Duration overall, Duration patience) {
  /**
   * Rides out a registry's restart of a few seconds; a blob of many gigabytes may take the hour.
   */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(
          6,
          Duration.ofMillis(200),
          Duration.ofSeconds(5),
          Duration.ofHours(1),
          Duration.ofSeconds(60));

  /** For one of several servers: there is somebody else to ask. */
  public static final RetryPolicy IMPATIENT =
      new RetryPolicy(
          2,
          Duration.ofMillis(200),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(15));

  /** For servers that are asked on the chance: another has answered. */
  static final RetryPolicy ONCE =
      new RetryPolicy(
          1, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(15), Duration.ofSeconds(15));

  private static final Duration ROUNDS = Duration.ofSeconds(30);

  public RetryPolicy {
    if (attempts < 1 || firstPause.isNegative() || overall.isNegative() || !patience.isPositive()) {
      throw new IllegalArgumentException("retry policy needs an attempt and positive times");
    }
  }

  /**
   * For asking all servers of a host again when some of them failed for now (a farm's mirror may be
   * all that it reaches, and restarts too): in all no longer than half a minute.
   */
  RetryPolicy overServers() {
    Duration bound = overall.compareTo(ROUNDS) < 0 ? overall : ROUNDS;
    return new RetryPolicy(attempts, firstPause, longestPause, bound, patience);
  }

  Duration pause(int failures, double random) {
    long doubled = firstPause.toMillis() << Math.min(failures - 1, 20);
    long bounded = Math.min(doubled, longestPause.toMillis());
    return Duration.ofMillis((long) (bounded * (0.5 + random / 2)));
  }
}
