package dev.slipway.telemetry;

import static dev.slipway.telemetry.Declaration.Where.COORDINATOR;
import static dev.slipway.telemetry.Declaration.counter;
import static dev.slipway.telemetry.Declaration.duration;
import static dev.slipway.telemetry.Label.bounded;
import static dev.slipway.telemetry.Label.by;

/** What buildkitd exports, so that panels made for it go on working. */
@Theme("Under the names of BuildKit")
public enum BuildkitMetric implements Metric {
  BUILDS(
      counter(
          "buildkit.builds",
          COORDINATOR,
          "Builds that ended.",
          by("status", Status.class),
          bounded("error_code", "gRPC code of a failure, as `Unknown`; empty on success"))),
  STEPS(
      counter(
          "buildkit.builds.steps",
          COORDINATOR,
          "Steps of builds that ended.",
          by("kind", Steps.class))),
  DURATION(
      duration(
          "buildkit.build.duration.seconds",
          COORDINATOR,
          "Time from the request to the answer of a build.",
          by("status", Status.class)));

  /** How a build ended; a cancelled one has failed. */
  public enum Status {
    SUCCESS,
    FAILURE
  }

  /** What is counted of a build's steps. */
  public enum Steps {
    COMPLETED,
    CACHED,
    TOTAL,
    WARNINGS
  }

  private final Declaration declaration;

  BuildkitMetric(Declaration declaration) {
    this.declaration = declaration;
  }

  @Override
  public Declaration declaration() {
    return declaration;
  }
}
