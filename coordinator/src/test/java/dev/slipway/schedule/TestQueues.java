package dev.slipway.schedule;

import dev.slipway.config.QueueSettings;
import java.util.Map;
import java.util.Set;

/** Queues with bounds. */
final class TestQueues {
  private TestQueues() {}

  static SchedulerConfig config(
      int maxWaiting, QueueSettings.Limits tenant, Map<String, QueueSettings.Limits> tenants) {
    QueueSettings defaults = QueueSettings.DEFAULT;
    return SchedulerConfig.with(
        new QueueSettings(
            maxWaiting,
            tenant,
            tenants,
            defaults.maxWait(),
            defaults.workerPatience(),
            defaults.emulationPatience(),
            defaults.stageTimeout(),
            defaults.buildTimeout()),
        Set.of());
  }
}
