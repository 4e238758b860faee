package dev.slipway.queue;

import dev.slipway.config.QueueSettings;
import dev.slipway.oci.Platform;
import dev.slipway.schedule.SchedulerLoop;
import dev.slipway.schedule.SchedulerStats;
import dev.slipway.schedule.Standing;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.QueueMetric;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
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
    meters.gauge(QueueMetric.WORKERS, () -> scheduler.stats().workers());
    meters.gauge(QueueMetric.SLOTS, () -> scheduler.stats().slots());
    meters.gauge(QueueMetric.SLOTS_USED, () -> scheduler.stats().running());
    meters.gauge(QueueMetric.HERE, () -> scheduler.leads() ? 1 : 0);
    meters.gauge(
        QueueMetric.OLDEST_SECONDS, () -> scheduler.stats().backlog().oldest().toMillis() / 1e3);
    Set<Platform> known = PLATFORMS.stream().map(Platform::parse).collect(Collectors.toSet());
    for (String name : PLATFORMS) {
      Platform platform = Platform.parse(name);
      meters.gauge(
          QueueMetric.LENGTH,
          () -> scheduler.stats().backlog().byPlatform().getOrDefault(platform, 0),
          name);
    }
    meters.gauge(
        QueueMetric.LENGTH, () -> others(scheduler.stats().backlog().byPlatform(), known), OTHER);
    meters.touch(QueueMetric.STAGE_QUEUE_SECONDS, Platform.LINUX_AMD64.toString());
    Set<String> tenants = tenants(settings);
    for (String tenant : tenants) {
      meters.gauge(
          QueueMetric.TENANT_WAITING, () -> share(scheduler.stats(), tenant).waiting(), tenant);
      meters.gauge(
          QueueMetric.TENANT_RUNNING, () -> share(scheduler.stats(), tenant).running(), tenant);
      meters.touch(QueueMetric.TENANT_QUEUE_SECONDS, tenant);
    }
    meters.gauge(
        QueueMetric.TENANT_WAITING,
        () -> rest(scheduler.stats().waiting(), scheduler.stats(), SchedulerStats.Share::waiting),
        OTHER);
    meters.gauge(
        QueueMetric.TENANT_RUNNING,
        () -> rest(scheduler.stats().running(), scheduler.stats(), SchedulerStats.Share::running),
        OTHER);
    meters.touch(QueueMetric.TENANT_QUEUE_SECONDS, OTHER);
  }

  /** Measures how long stages wait. */
  public static SchedulerLoop.QueueTimes times(Meters meters, QueueSettings settings) {
    Set<String> platforms = Set.copyOf(PLATFORMS);
    Set<String> tenants = tenants(settings);
    return (request, waited) -> {
      String platform = request.demand().platform().toString();
      meters.record(
          QueueMetric.STAGE_QUEUE_SECONDS, waited, platforms.contains(platform) ? platform : OTHER);
      meters.record(
          QueueMetric.TENANT_QUEUE_SECONDS,
          waited,
          tenants.contains(request.tenant()) ? request.tenant() : OTHER);
    };
  }

  /** Those that have figures of their own. */
  private static Set<String> tenants(QueueSettings settings) {
    Set<String> tenants = new TreeSet<>(settings.tenants().keySet());
    tenants.add(Standing.DEFAULT.tenant());
    return tenants;
  }

  private static int rest(
      int all, SchedulerStats stats, ToIntFunction<SchedulerStats.Share> share) {
    return Math.max(0, all - stats.backlog().tenants().values().stream().mapToInt(share).sum());
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
