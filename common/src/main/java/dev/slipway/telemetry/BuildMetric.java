package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.COORDINATOR;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.duration;
import static dev.slipway.telemetry.Declaration.gauge;
import static dev.slipway.telemetry.Declaration.size;
import static dev.slipway.telemetry.Label.by;

/** Builds from their request to their answer. */
@Theme("Builds")
public enum BuildMetric implements Metric {
  BUILDS(
      counter("slipway.builds", COORDINATOR, "Builds that ended.", by("outcome", Outcome.class))),
  BUILDS_RUNNING(gauge("slipway.builds.running", COORDINATOR, "Builds that run.")),
  BUILD_SECONDS(
      duration(
          "slipway.build.seconds",
          COORDINATOR,
          "Time from the request to the answer of a build.",
          by("outcome", Outcome.class))),
  PHASE_SECONDS(
      duration(
          "slipway.build.phase.seconds",
          COORDINATOR,
          "Time that a build spent in one of its phases, whatever came of it.",
          by("phase", Phase.class))),
  ERRORS(
      counter(
          "slipway.build.errors",
          COORDINATOR,
          "Builds that failed, by who can do something about it.",
          by("blame", Blame.class))),
  MOVED_BYTES(
      size(
          "slipway.build.moved.bytes",
          COORDINATOR,
          "Bytes moved to workers for one build, as on the wire.",
          by("path", Origin.class))),
  CONTEXT_BYTES(
      counter(
          "slipway.context.received.bytes",
          COORDINATOR,
          "Bytes of local contexts received from clients.")),
  CONTEXT_SECONDS(
      duration(
          "slipway.context.receive.seconds",
          COORDINATOR,
          "Time that one local context took to come from its client.")),
  IMAGES_PUSHED(
      counter(
          "slipway.images.pushed", COORDINATOR, "Images pushed to a registry, one for each name."));

  /** How a build ended. */
  public enum Outcome {
    SUCCEEDED,
    FAILED,
    CANCELLED
  }

  /** What a build does, one after the other. */
  public enum Phase {
    /** The Dockerfile becomes a graph. */
    FRONTEND,
    /** The graph's results come into being; waiting for workers is a part of it. */
    SOLVE,
    /** Layers and manifests go to the registry. */
    EXPORT
  }

  /** Who can do something about a failed build. */
  public enum Blame {
    /** Whoever wrote the Dockerfile, or asked for what there is not. */
    USER,
    /** Whoever runs the farm. */
    FARM,
    /** Whoever runs a registry: it did not answer, or with an error of its own. */
    REGISTRY
  }

  /** Where a build's bytes came from. */
  public enum Origin {
    PEER,
    REGISTRY,
    COORDINATOR
  }

  private final Declaration declaration;

  BuildMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
