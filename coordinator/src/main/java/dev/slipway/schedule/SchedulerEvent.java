package dev.slipway.schedule;

/** What the scheduler reacts to. */
sealed interface SchedulerEvent {
  /**
   * @param past of a stage that another queue had before
   */
  record Submitted(StageRequest request, Scheduler.Listener listener, Past past)
      implements SchedulerEvent {
    Submitted(StageRequest request, Scheduler.Listener listener) {
      this(request, listener, Past.NONE);
    }
  }

  record Withdrawn(String stageId) implements SchedulerEvent {}

  record Finished(String stageId) implements SchedulerEvent {}

  record Refused(String stageId, String reason) implements SchedulerEvent {}

  /** Whoever submitted the stage is gone, or has taken it elsewhere: waiting or not, it is out. */
  record Forgotten(String stageId) implements SchedulerEvent {}

  record WorkerJoined(WorkerCapacity worker) implements SchedulerEvent {}

  record WorkerDraining(String workerId) implements SchedulerEvent {}

  record WorkerLeft(String workerId) implements SchedulerEvent {}

  /** This queue takes the place of another; what that one had is about to be submitted here. */
  record TakenOver() implements SchedulerEvent {}

  /** Only time has passed. */
  record Ticked() implements SchedulerEvent {}
}
