package dev.slipway.fleet;

import java.time.Duration;

/**
 * How patient the fleet is.
 *
 * @param heartbeat how often a worker says something when it has nothing to say; silent for three
 *     of these it is lost
 * @param pushSilence longest time without news of a push
 * @param pushTimeout longest push
 * @param readTimeout longest read of a path
 * @param capabilityLifetime how long a token for bytes is good; only its use at the start of a
 *     transfer is checked
 */
public record FleetConfig(
    Duration heartbeat,
    Duration pushSilence,
    Duration pushTimeout,
    Duration readTimeout,
    Duration capabilityLifetime) {
  /**
   * A worker that hangs costs a build nine seconds (one that dies is seen at once, by its
   * connection); less would take a busy machine for a dead one. Making the blob of a huge layer may
   * take minutes there.
   */
  public static final FleetConfig DEFAULTS =
      new FleetConfig(
          Duration.ofSeconds(3),
          Duration.ofMinutes(10),
          Duration.ofHours(2),
          Duration.ofMinutes(1),
          Duration.ofMinutes(15));

  /** Heartbeats missed in a row before a worker is given up. */
  private static final int MISSED_HEARTBEATS = 3;

  public FleetConfig {
    for (Duration duration :
        new Duration[] {heartbeat, pushSilence, pushTimeout, readTimeout, capabilityLifetime}) {
      if (!duration.isPositive()) {
        throw new IllegalArgumentException("durations of the fleet must be positive");
      }
    }
  }

  /** Silence after which a worker is lost. */
  Duration silence() {
    return heartbeat.multipliedBy(MISSED_HEARTBEATS);
  }
}
