package dev.slipway.control;

import dev.slipway.progress.BuildSummary;
import dev.slipway.telemetry.BuildMetric;
import dev.slipway.telemetry.BuildkitMetric;
import dev.slipway.telemetry.Meters;
import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Measures builds that end, in our terms and in BuildKit's. */
final class BuildFigures {
  private final Meters meters;

  BuildFigures(Meters meters) {
    this.meters = meters;
    meters.touch(BuildkitMetric.BUILDS, BuildkitMetric.Status.SUCCESS, "");
    meters.touch(BuildkitMetric.BUILDS, BuildkitMetric.Status.FAILURE, goName(Status.Code.UNKNOWN));
  }

  /** A phase of a build has ended, well or not. */
  void phase(BuildMetric.Phase phase, Duration took) {
    meters.record(BuildMetric.PHASE_SECONDS, took, phase);
  }

  void pushed() {
    meters.count(BuildMetric.IMAGES_PUSHED);
  }

  /**
   * A build has ended.
   *
   * @param error why it did not succeed
   */
  void ended(BuildJob job, BuildSummary.State state, Duration took, Optional<Throwable> error) {
    BuildMetric.Outcome outcome =
        switch (state) {
          case SUCCEEDED -> BuildMetric.Outcome.SUCCEEDED;
          case CANCELLED -> BuildMetric.Outcome.CANCELLED;
          case FAILED, RUNNING -> BuildMetric.Outcome.FAILED;
        };
    meters.count(BuildMetric.BUILDS, outcome);
    meters.record(BuildMetric.BUILD_SECONDS, took, outcome);
    meters.record(BuildMetric.MOVED_BYTES, job.moved().peers(), BuildMetric.Origin.PEER);
    meters.record(BuildMetric.MOVED_BYTES, job.moved().registries(), BuildMetric.Origin.REGISTRY);
    meters.record(
        BuildMetric.MOVED_BYTES, job.moved().coordinator(), BuildMetric.Origin.COORDINATOR);
    if (outcome == BuildMetric.Outcome.FAILED) {
      error.ifPresent(
          why -> meters.count(BuildMetric.ERRORS, Blames.of(why, job.gateway().lastFailure())));
    }
    BuildkitMetric.Status status =
        error.isEmpty() ? BuildkitMetric.Status.SUCCESS : BuildkitMetric.Status.FAILURE;
    meters.count(BuildkitMetric.BUILDS, status, error.map(why -> goName(code(why))).orElse(""));
    meters.record(BuildkitMetric.DURATION, took, status);
    job.progress().counts().forEach((kind, count) -> meters.add(BuildkitMetric.STEPS, count, kind));
  }

  private static Status.Code code(Throwable error) {
    return Status.fromCodeValue(ErrorStatus.of(error).getCode()).getCode();
  }

  /** As Go writes it: {@code ResourceExhausted}; what Java calls CANCELLED has one l. */
  static String goName(Status.Code code) {
    if (code == Status.Code.CANCELLED) {
      return "Canceled";
    }
    StringBuilder name = new StringBuilder();
    for (String word : code.name().split("_")) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }
}
