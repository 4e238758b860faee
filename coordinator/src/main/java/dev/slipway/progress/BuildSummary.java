package dev.slipway.progress;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A build, running or over, as people and pages see it.
 *
 * @param id the client's ref
 * @param name what is built: images, file and target
 * @param tenant whose it is
 * @param error why it failed; empty while it runs and when it succeeded
 * @param moved what was moved to workers for all steps
 * @param steps finished ones, in the order they finished
 */
public record BuildSummary(
    String id,
    String name,
    String tenant,
    State state,
    Instant startedAt,
    Optional<Instant> completedAt,
    Optional<String> error,
    MovedBytes moved,
    List<BuildReport.Step> steps) {
  public BuildSummary {
    steps = List.copyOf(steps);
  }

  /** Where a build is. */
  public enum State {
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED
  }
}
