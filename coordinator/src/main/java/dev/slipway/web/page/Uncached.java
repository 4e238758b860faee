package dev.slipway.web.page;

import dev.slipway.explain.Explanation;
import dev.slipway.explain.Reason;
import dev.slipway.history.FarmBuilds;
import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Why steps of a build were not served from the cache.
 *
 * @param reasons in words, by the vertex's digest
 * @param compared the earlier build that this one was compared with
 */
record Uncached(Map<String, String> reasons, Optional<Earlier> compared) {
  /** Of a build that nothing is remembered of. */
  static final Uncached UNKNOWN = new Uncached(Map.of(), Optional.empty());

  Uncached {
    reasons = Map.copyOf(reasons);
  }

  /**
   * An earlier build.
   *
   * @param path of its page; empty = it is not kept any more
   * @param at when it was
   */
  record Earlier(String id, String path, String at) {}

  /** In words; every step of a first build has the same reason, which is none of its own. */
  static Uncached of(Explanation explanation, FarmBuilds history, Instant now) {
    Map<String, String> reasons = new HashMap<>();
    for (Explanation.Step step : explanation.steps()) {
      if (step.reason().kind() != Reason.Kind.FIRST_BUILD) {
        reasons.put(step.vertex(), step.reason().text());
      }
    }
    return new Uncached(
        reasons,
        explanation
            .compared()
            .filter(_ -> !reasons.isEmpty())
            .map(earlier ->
                new Earlier(
                    earlier.buildId(),
                    history.card(earlier.buildId()).map(card -> Links.build(card.id())).orElse(""),
                    Text.time(earlier.at(), now))));
  }

  /** Why the vertex was not served from the cache; empty when it was, or nobody knows. */
  String why(Digest vertex) {
    return reasons.getOrDefault(vertex.value(), "");
  }
}
