package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.time.Duration;
import java.util.Map;

/**
 * The queue at one moment.
 *
 * @param waiting stages in the queue
 * @param running stages that have a slot
 * @param workers joined workers
 * @param slots slots of all joined workers
 * @param assigned stages that were given a slot since the start
 * @param refused assignments that workers turned down since the start
 * @param lost running stages whose worker left since the start
 * @param backlog what waits, in detail
 */
public record SchedulerStats(
    int waiting,
    int running,
    int workers,
    int slots,
    long assigned,
    long refused,
    long lost,
    Backlog backlog) {
  static final SchedulerStats EMPTY = new SchedulerStats(0, 0, 0, 0, 0, 0, 0, Backlog.NONE);

  /**
   * Refreshed once in a notice interval while stages wait.
   *
   * @param byPlatform waiting stages; platforms without any are absent
   * @param oldest time that the stage which has waited longest has waited
   * @param tenants of the tenant of those who say nothing, and of those that the configuration
   *     names
   */
  public record Backlog(
      Map<Platform, Integer> byPlatform, Duration oldest, Map<String, Share> tenants) {
    static final Backlog NONE = new Backlog(Map.of(), Duration.ZERO, Map.of());

    public Backlog {
      byPlatform = Map.copyOf(byPlatform);
      tenants = Map.copyOf(tenants);
    }
  }

  /** Stages of one tenant. */
  public record Share(int waiting, int running) {
    public static final Share NONE = new Share(0, 0);
  }
}
