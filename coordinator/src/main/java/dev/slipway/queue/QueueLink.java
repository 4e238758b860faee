package dev.slipway.queue;

import dev.slipway.schedule.Past;
import dev.slipway.schedule.StageRequest;

/**
 * One coordinator's way to the farm's queue for as long as that stays where it is. What the queue
 * answers comes as {@link News}, for one stage in order. Nothing here blocks or fails: a link that
 * is broken says so once, to whoever opened it.
 */
interface QueueLink {
  /** Queues a stage, or has a running one counted. */
  void submit(StageRequest request, Past past);

  /** The stage is not wanted any more; an assignment may be on its way. */
  void withdraw(String stageId);

  /** The stage is over on its worker, or was not wanted there. */
  void finished(String stageId);

  /** Its worker would not take it. */
  void refused(String stageId, String reason);

  /** The queue forgets all that came over the link. */
  void close();
}
