package dev.slipway.execute;

import dev.slipway.graph.Op;
import dev.slipway.protocol.worker.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a step asks of control groups, none of which are delegated to a worker. */
final class Limits {
  private Limits() {}

  /** The sentence for whoever asked for it; empty when nobody did. */
  static Optional<String> of(Op.Exec exec, Step step) {
    List<String> asked = new ArrayList<>();
    if (!exec.meta().cgroupParent().isEmpty()) {
      asked.add("cgroup parent " + exec.meta().cgroupParent());
    }
    if (step.hasResources()) {
      asked.add("limits of memory and processors");
    }
    return asked.isEmpty()
        ? Optional.empty()
        : Optional.of(
            String.join(" and ", asked)
                + " not applied: no control group is delegated to this worker");
  }
}
