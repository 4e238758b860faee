package dev.slipway.schedule;

/** What the scheduler reacts to. */
sealed interface SchedulerEvent {
  record Submitted(StageRequest request, Scheduler.Listener listener) implements SchedulerEvent {}

  record Withdrawn(String stageId) implements SchedulerEvent {}

  record Finished(String stageId) implements SchedulerEvent {}

  record Refused(String stageId, String reason) implements SchedulerEvent {}

  record WorkerJoined(WorkerCapacity worker) implements SchedulerEvent {}

  record WorkerLeft(String workerId) implements SchedulerEvent {}

  /** Only time has passed. */
  record Ticked() implements SchedulerEvent {}
}
