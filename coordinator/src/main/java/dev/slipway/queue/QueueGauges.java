package dev.slipway.queue;

import dev.slipway.config.QueueSettings;
import dev.slipway.oci.Platform;
import dev.slipway.schedule.SchedulerStats;
import dev.slipway.telemetry.Meters;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The farm's queue as figures, for people and for what adds and removes workers. */
public final class QueueGauges {
  /** What builders and images are made for; all else counts as other. */
  private static final List<String> PLATFORMS =
      List.of(
          "linux/amd64",
          "linux/386",
          "linux/arm64",
          "linux/arm/v7",
          "linux/arm/v6",
          "linux/ppc64le",
          "linux/s390x",
          "linux/riscv64",
          "linux/loong64");

  private static final String OTHER = "other";

  private QueueGauges() {}

  /**
   * Registers them. Only the coordinator that has the queue says more than zero of what waits and
   * runs.
   */
  public static void bind(Meters meters, FarmScheduler scheduler, QueueSettings settings) {
    meters.workers(() -> scheduler.stats().workers());
    meters.workerSlots(() -> scheduler.stats().slots());
    meters.workerSlotsUsed(() -> scheduler.stats().running());
    meters.queueHere(() -> scheduler.leads() ? 1 : 0);
    meters.queueOldest(() -> scheduler.stats().backlog().oldest().toMillis() / 1e3);
    Set<Platform> known = PLATFORMS.stream().map(Platform::parse).collect(Collectors.toSet());
    for (String name : PLATFORMS) {
      Platform platform = Platform.parse(name);
      meters.queueLength(
          name, () -> scheduler.stats().backlog().byPlatform().getOrDefault(platform, 0));
    }
    meters.queueLength(OTHER, () -> others(scheduler.stats().backlog().byPlatform(), known));
    for (String tenant : settings.tenants().keySet()) {
      meters.tenantStages(
          tenant,
          () -> share(scheduler.stats(), tenant).waiting(),
          () -> share(scheduler.stats(), tenant).running());
    }
  }

  private static int others(Map<Platform, Integer> waiting, Set<Platform> known) {
    return waiting.entrySet().stream()
        .filter(entry -> !known.contains(entry.getKey()))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  private static SchedulerStats.Share share(SchedulerStats stats, String tenant) {
    return stats.backlog().tenants().getOrDefault(tenant, SchedulerStats.Share.NONE);
  }
}
