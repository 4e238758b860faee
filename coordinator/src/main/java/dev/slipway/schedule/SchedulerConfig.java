package dev.slipway.schedule;

import dev.slipway.config.FarmConfig;
import dev.slipway.config.QueueSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * How the queue behaves.
 *
 * @param settings its bounds and times, as configured
 * @param platforms all that the farm builds for; a stage of another is refused at once. Empty = a
 *     worker of any platform may come
 * @param refusalBackoff how long a worker that refused a stage gets none; doubles with each refusal
 *     in a row, up to 16 times this
 * @param noticeInterval how often waiting stages are told their place
 * @param takeoverPause how long a queue that takes another's place assigns nothing: until all
 *     coordinators have said what they have
 * @param strayPatience how long a running stage may be counted on a worker that has not joined here
 */
public record SchedulerConfig(
    QueueSettings settings,
    Set<Platform> platforms,
    Duration refusalBackoff,
    Duration noticeInterval,
    Duration takeoverPause,
    Duration strayPatience) {
  /**
   * 100,000 waiting stages are about 100 MB; an hour is longer than a client's patience; workers
   * rejoin within seconds; coordinators hear of a leader's end within a second of each other.
   */
  public static final SchedulerConfig DEFAULTS = with(QueueSettings.DEFAULT, Set.of());

  public SchedulerConfig {
    platforms = Set.copyOf(platforms);
    for (Duration duration :
        new Duration[] {
          settings.maxWait(),
          settings.workerPatience(),
          refusalBackoff,
          noticeInterval,
          takeoverPause,
          strayPatience
        }) {
      if (!duration.isPositive()) {
        throw new IllegalArgumentException("durations of the scheduler must be positive");
      }
    }
  }

  /** As the farm's file says. @throws SlipwayException INVALID when a platform is none */
  public static SchedulerConfig of(FarmConfig config) throws SlipwayException {
    Set<Platform> platforms = new HashSet<>();
    for (String text : config.platforms()) {
      try {
        platforms.add(Platform.parse(text));
      } catch (IllegalArgumentException e) {
        throw new SlipwayException(ErrorKind.INVALID, "worker.oci.platforms: " + e.getMessage(), e);
      }
    }
    if (!config.queue().maxWait().isPositive() || !config.queue().workerPatience().isPositive()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "queue.max-wait and queue.worker-patience must be longer than nothing");
    }
    return with(config.queue(), platforms);
  }

  static SchedulerConfig with(QueueSettings settings, Set<Platform> platforms) {
    return new SchedulerConfig(
        settings,
        platforms,
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5));
  }
}
