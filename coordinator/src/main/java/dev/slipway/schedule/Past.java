package dev.slipway.schedule;

import java.time.Duration;

/**
 * What a stage went through in queues that are gone.
 *
 * @param waited time since it was first submitted
 * @param runningOn worker that has it; empty = it waits
 */
public record Past(Duration waited, String runningOn) {
  /** Of a stage that was in no queue before. */
  public static final Past NONE = new Past(Duration.ZERO, "");

  /** Whether a queue has taken the stage before: then no bound may turn it away. */
  boolean admitted() {
    return waited.isPositive() || !runningOn.isEmpty();
  }
}
