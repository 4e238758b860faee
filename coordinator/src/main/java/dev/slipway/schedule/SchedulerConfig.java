package dev.slipway.schedule;

import java.time.Duration;

/**
 * How the queue behaves.
 *
 * @param maxWaiting stages in the queue at most; more are turned away
 * @param maxRunningPerTenant stages of one tenant that run at once at most
 * @param maxWait longest time in the queue
 * @param workerPatience how long a stage waits for a worker of its platform when the farm is empty
 *     or the last such worker left
 * @param refusalBackoff how long a worker that refused a stage gets none; doubles with each refusal
 *     in a row, up to 64 times this
 * @param noticeInterval how often waiting stages are told their place
 */
public record SchedulerConfig(
    int maxWaiting,
    int maxRunningPerTenant,
    Duration maxWait,
    Duration workerPatience,
    Duration refusalBackoff,
    Duration noticeInterval) {
  /**
   * 100,000 waiting stages are about 100 MB; an hour is longer than a client's patience; workers
   * rejoin within seconds.
   */
  public static final SchedulerConfig DEFAULTS =
      new SchedulerConfig(
          100_000,
          Integer.MAX_VALUE,
          Duration.ofHours(1),
          Duration.ofSeconds(30),
          Duration.ofMillis(100),
          Duration.ofSeconds(1));

  public SchedulerConfig {
    if (maxWaiting < 1 || maxRunningPerTenant < 1) {
      throw new IllegalArgumentException("the bounds of the queue must be at least 1");
    }
    for (Duration duration :
        new Duration[] {maxWait, workerPatience, refusalBackoff, noticeInterval}) {
      if (!duration.isPositive()) {
        throw new IllegalArgumentException("durations of the scheduler must be positive");
      }
    }
  }
}
