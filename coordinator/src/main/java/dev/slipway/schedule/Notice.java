package dev.slipway.schedule;

import dev.slipway.error.SlipwayException;

/** What a listener is to be told; made by the state, delivered by the loop. */
sealed interface Notice {
  String stageId();

  Scheduler.Listener listener();

  /**
   * @param waitedNanos time since the stage was submitted
   */
  record Assigned(
      StageRequest request, Scheduler.Listener listener, String workerId, long waitedNanos)
      implements Notice {
    @Override
    public String stageId() {
      return request.stageId();
    }
  }

  record Waiting(String stageId, Scheduler.Listener listener, int ahead, String reason)
      implements Notice {}

  record Lost(String stageId, Scheduler.Listener listener, String workerId) implements Notice {}

  record Failed(String stageId, Scheduler.Listener listener, SlipwayException reason)
      implements Notice {}

  /** Calls the listener. */
  default void deliver() {
    switch (this) {
      case Assigned(_, var listener, var workerId, _) -> listener.assigned(workerId);
      case Waiting(_, var listener, int ahead, var reason) -> listener.waiting(ahead, reason);
      case Lost(_, var listener, var workerId) -> listener.lost(workerId);
      case Failed(_, var listener, var reason) -> listener.failed(reason);
    }
  }
}
