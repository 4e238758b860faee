package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.WORKER;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.duration;
import static dev.slipway.telemetry.Declaration.gauge;
import static dev.slipway.telemetry.Label.by;

/** The disk of one worker and what is removed from it. */
@Theme("Disks")
public enum DiskMetric implements Metric {
  USED_BYTES(
      gauge(
          "slipway.disk.used.bytes",
          WORKER,
          "Bytes of layers, their compressed copies and cache mounts.")),
  FREE_BYTES(gauge("slipway.disk.free.bytes", WORKER, "Bytes free on the worker's disk.")),
  TOTAL_BYTES(gauge("slipway.disk.total.bytes", WORKER, "Size of the worker's disk.")),
  COLLECTED_RECORDS(
      counter(
          "slipway.disk.collected.records",
          WORKER,
          "Layers, compressed copies and cache mounts removed from the disk.",
          by("reason", Reason.class))),
  COLLECTED_BYTES(
      counter(
          "slipway.disk.collected.bytes",
          WORKER,
          "Bytes of what was removed from the disk.",
          by("reason", Reason.class))),
  COLLECT_SECONDS(
      duration(
          "slipway.disk.collect.seconds",
          WORKER,
          "Time that one look after the disk took.",
          by("reason", Reason.class)));

  /** Why something left the disk. */
  public enum Reason {
    /** The configuration's policy. */
    POLICY,
    /** Somebody asked for it. */
    PRUNE,
    /** There was no room left for a stage. */
    DISK_FULL
  }

  private final Declaration declaration;

  DiskMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
