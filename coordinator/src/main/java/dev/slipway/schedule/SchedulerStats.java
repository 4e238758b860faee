package dev.slipway.schedule;

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
 */
public record SchedulerStats(
    int waiting, int running, int workers, int slots, long assigned, long refused, long lost) {
  static final SchedulerStats EMPTY = new SchedulerStats(0, 0, 0, 0, 0, 0, 0);
}
