package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.COORDINATOR;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.duration;
import static dev.slipway.telemetry.Declaration.gauge;
import static dev.slipway.telemetry.Label.by;

/** The farm's queue, its stages and the workers as a coordinator sees them. */
@Theme("Queue, stages, workers")
public enum QueueMetric implements Metric {
  LENGTH(
      gauge(
          "slipway.queue.length",
          COORDINATOR,
          "Stages that wait for a worker, at the coordinator that has the queue.",
          Label.PLATFORM)),
  OLDEST_SECONDS(
      gauge(
          "slipway.queue.oldest.seconds",
          COORDINATOR,
          "Time that the oldest waiting stage has waited.")),
  HERE(
      gauge(
          "slipway.queue.here",
          COORDINATOR,
          "1 at the coordinator that has the farm's queue, 0 at the others.")),
  STAGE_QUEUE_SECONDS(
      duration(
          "slipway.stage.queue.seconds",
          COORDINATOR,
          "Time that a ready stage waited for a worker.",
          Label.PLATFORM)),
  TENANT_QUEUE_SECONDS(
      duration("slipway.tenant.queue.seconds", COORDINATOR, "The same, by tenant.", Label.TENANT)),
  TENANT_WAITING(
      gauge("slipway.tenant.waiting", COORDINATOR, "Stages that wait, by tenant.", Label.TENANT)),
  TENANT_RUNNING(
      gauge("slipway.tenant.running", COORDINATOR, "Stages that run, by tenant.", Label.TENANT)),
  STAGES(
      counter(
          "slipway.stages",
          COORDINATOR,
          "Stages that ended on a worker.",
          by("outcome", StageOutcome.class))),
  STAGE_SECONDS(
      duration(
          "slipway.stage.seconds",
          COORDINATOR,
          "Time from the submission of a stage to its end on a worker.",
          by("outcome", StageOutcome.class))),
  STAGES_REFUSED(
      counter(
          "slipway.stages.refused",
          COORDINATOR,
          "Stages that a worker gave back before it began them; they are placed again.")),
  STEPS_RETRIED(
      counter(
          "slipway.steps.retried",
          COORDINATOR,
          "Stages given back to the plan after they had been placed, by why.",
          by("reason", Retry.class))),
  EXPORTS_RETRIED(
      counter(
          "slipway.exports.retried",
          COORDINATOR,
          "Exports begun again because a worker was lost in the middle.")),
  WORKERS(gauge("slipway.workers", COORDINATOR, "Workers joined.")),
  SLOTS(
      gauge(
          "slipway.worker.slots",
          COORDINATOR,
          "Slots of all workers; those of draining ones do not count.")),
  SLOTS_USED(
      gauge(
          "slipway.worker.slots.used",
          COORDINATOR,
          "Slots that have a stage, at the coordinator that has the queue."));

  /** How a stage ended on a worker. */
  public enum StageOutcome {
    SUCCEEDED,
    FAILED,
    CANCELLED,
    /** The worker left, or had trouble of its own. */
    LOST,
    /** What it stands on was nowhere to be had. */
    LAYERS_UNAVAILABLE
  }

  /** Why steps are planned again. */
  public enum Retry {
    /** The worker left the farm. */
    WORKER_LOST,
    /** The worker had trouble: its disk, a defect. */
    WORKER_FAULT,
    /** Layers were not where the index had them. */
    LAYERS_UNAVAILABLE,
    /** The worker ended the stage without its results. */
    GIVEN_BACK
  }

  private final Declaration declaration;

  QueueMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
