package dev.slipway.explain;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Why the steps of a build were not served from the cache.
 *
 * @param compared the earlier build that it was compared with
 * @param cached number of steps that came from the cache
 * @param steps those that did not, in the order of the graph; of very many the first
 */
public record Explanation(
    String buildId, String tenant, Optional<Earlier> compared, int cached, List<Step> steps) {
  public Explanation {
    steps = List.copyOf(steps);
  }

  /** An earlier build. */
  public record Earlier(String buildId, Instant at) {}

  /**
   * A step that was not served from the cache.
   *
   * @param vertex digest of the vertex, as progress has it
   * @param label stage, number and text, without the values of build arguments
   * @param worker name of the one that ran it; empty = none did yet
   */
  public record Step(String vertex, String label, Outcome outcome, String worker, Reason reason) {}
}
