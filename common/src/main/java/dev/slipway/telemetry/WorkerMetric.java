package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.WORKER;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.duration;
import static dev.slipway.telemetry.Declaration.gauge;
import static dev.slipway.telemetry.Label.by;

/** What one worker does. */
@Theme("Workers")
public enum WorkerMetric implements Metric {
  CAPACITY(gauge("slipway.worker.capacity", WORKER, "Slots of this worker.")),
  STAGES_RUNNING(gauge("slipway.worker.stages.running", WORKER, "Stages that run on this worker.")),
  STAGES(counter("slipway.worker.stages", WORKER, "Stages that ended on this worker.")),
  COORDINATORS(
      gauge("slipway.worker.coordinators", WORKER, "Coordinators that this worker has joined.")),
  DRAINING(
      gauge(
          "slipway.worker.draining",
          WORKER,
          "1 while this worker takes no new stages because it is to leave.")),
  CERTIFICATE_SECONDS(
      gauge(
          "slipway.worker.certificate.expiry.seconds",
          WORKER,
          "Time until the certificate that this worker shows the farm ends; +Inf without TLS.")),
  ACTIVITY(
      gauge(
          "slipway.worker.phase",
          WORKER,
          "Transfers, processes, layers being made and uploads under way.",
          by("phase", Phase.class))),
  ACTIVITY_SECONDS(
      duration(
          "slipway.worker.phase.seconds",
          WORKER,
          "Time that one of them took.",
          by("phase", Phase.class)));

  /** What a worker is doing with a layer or a step. */
  public enum Phase {
    /** An image's blob comes from a registry or another worker. */
    PULLING,
    /** A layer's tar comes from another worker or the coordinator. */
    TRANSFERRING,
    /** A process of a step runs. */
    EXECUTING,
    /** What a process changed is made a layer. */
    DIFFING,
    /** A layer is packed for a push. */
    PACKING,
    /** A blob goes to a registry. */
    PUSHING
  }

  private final Declaration declaration;

  WorkerMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
