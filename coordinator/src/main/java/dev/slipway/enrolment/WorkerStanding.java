package dev.slipway.enrolment;

import java.time.Instant;
import java.util.Comparator;

/**
 * What the farm keeps of a worker beyond its membership.
 *
 * @param evicted whether it may not come back
 * @param changedAt when that was decided last
 * @param certificateEnds of the last certificate made for it
 * @param key hash of that certificate's key; empty = none was made
 */
record WorkerStanding(boolean evicted, Instant changedAt, Instant certificateEnds, String key) {
  static final WorkerStanding NEW = new WorkerStanding(false, Instant.EPOCH, Instant.EPOCH, "");

  /** Where two were decided at the same time, the eviction stays. */
  private static final Comparator<WorkerStanding> DECIDED =
      Comparator.comparing(WorkerStanding::changedAt).thenComparing(WorkerStanding::evicted);

  private static final Comparator<WorkerStanding> CERTIFIED =
      Comparator.comparing(WorkerStanding::certificateEnds).thenComparing(WorkerStanding::key);

  WorkerStanding evicted(boolean now, Instant at) {
    return new WorkerStanding(now, at, certificateEnds, key);
  }

  WorkerStanding certified(Instant ends, String newKey) {
    return new WorkerStanding(evicted, changedAt, ends, newKey);
  }

  /** What is known of one worker at two places: of each part the later. */
  WorkerStanding and(WorkerStanding other) {
    WorkerStanding decided = DECIDED.compare(this, other) < 0 ? other : this;
    WorkerStanding certified = CERTIFIED.compare(this, other) < 0 ? other : this;
    return new WorkerStanding(
        decided.evicted, decided.changedAt, certified.certificateEnds, certified.key);
  }
}
