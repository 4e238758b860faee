package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.BOTH;
import static dev.slipway.telemetry.Declaration.Where.WORKER;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Label.by;

/** What moves between processes. */
@Theme("Bytes")
public enum TransferMetric implements Metric {
  LAYER_BYTES(
      counter(
          "slipway.layer.transfer.bytes",
          WORKER,
          "Bytes of layers moved, as on the wire.",
          by("path", Path.class))),
  PACKED_BYTES(
      counter(
          "slipway.layer.packed.bytes",
          WORKER,
          "Bytes of the blobs that layers were packed into.")),
  SERVED_BYTES(
      counter(
          "slipway.peer.served.bytes",
          WORKER,
          "Bytes that this worker gave to other workers.",
          by("what", Served.class))),
  REGISTRY_RETRIES(
      counter(
          "slipway.registry.retries",
          BOTH,
          "Requests to registries and other workers sent again after a failure."));

  /** Where a layer's bytes came from, or went to. */
  public enum Path {
    PEER,
    REGISTRY,
    COORDINATOR,
    /** The durable directory, both ways. */
    DURABLE,
    PUSH
  }

  /** What another worker asked for. */
  public enum Served {
    LAYER,
    PART,
    BLOB,
    MOUNT
  }

  private final Declaration declaration;

  TransferMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
