package dev.slipway.progress;

import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.List;

/** What becomes of a stage on its way through the farm. */
public sealed interface StageNews {
  /** Unique in its build. */
  String stageId();

  Instant at();

  /**
   * All its inputs exist; it wants a worker.
   *
   * @param steps in their order
   * @param platform of the workers that can run it
   */
  record Queued(String stageId, Instant at, List<Digest> steps, String platform)
      implements StageNews {
    public Queued {
      steps = List.copyOf(steps);
    }
  }

  /** It waits, and for what. */
  record Waiting(String stageId, Instant at, String reason) implements StageNews {}

  /** It has a slot. @param worker its name */
  record Placed(String stageId, Instant at, String worker) implements StageNews {}

  /** It is over. @param outcome in one word, lower case */
  record Ended(String stageId, Instant at, String outcome) implements StageNews {}
}
