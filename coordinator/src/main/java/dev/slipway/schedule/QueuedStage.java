package dev.slipway.schedule;

/** A stage while the scheduler knows it: waiting or running. Owned by {@link SchedulerState}. */
final class QueuedStage {
  static final int NOT_ANNOUNCED = -1;

  final StageRequest request;
  final Scheduler.Listener listener;

  /**
   * Order of submission; a stage that comes back keeps it, which puts it before its build's younger
   * stages.
   */
  final long sequence;

  final long submittedAt;

  /** The place that the listener was told last, and the reason. */
  int announced = NOT_ANNOUNCED;

  String announcedReason = "";

  QueuedStage(SchedulerEvent.Submitted event, long sequence, long submittedAt) {
    this.request = event.request();
    this.listener = event.listener();
    this.sequence = sequence;
    this.submittedAt = submittedAt;
  }

  Demand demand() {
    return request.demand();
  }

  String id() {
    return request.stageId();
  }
}
