package dev.slipway.frontend.gateway;

import dev.slipway.solve.FailedStep;
import dev.slipway.solve.SolvedResult;
import dev.slipway.solve.StepFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What failed steps of a build have left, by the ids that its frontend was told. @ThreadSafe */
final class KeptFailures {
  /** Results kept; of a frontend that goes on failing the oldest are forgotten. */
  private static final int MAX_RESULTS = 1000;

  private final Map<String, SolvedResult> results =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SolvedResult> eldest) {
          return size() > MAX_RESULTS;
        }
      }; // guarded by this

  /** Gives what is left of the step ids and returns the error that tells them. */
  synchronized InspectableFailure keep(StepFailure failure, FailedStep step) {
    if (step.lacking().isPresent()) {
      int mount = step.lacking().get();
      return new InspectableFailure(
          failure, step, ids(step.inputs().subList(mount, mount + 1)), List.of());
    }
    return new InspectableFailure(failure, step, ids(step.inputs()), ids(step.left()));
  }

  private List<String> ids(List<Optional<SolvedResult>> some) {
    List<String> ids = new ArrayList<>();
    for (Optional<SolvedResult> result : some) {
      String id = result.isPresent() ? ResultIds.next() : "";
      result.ifPresent(kept -> results.put(id, kept));
      ids.add(id);
    }
    return ids;
  }

  synchronized Optional<SolvedResult> find(String id) {
    return Optional.ofNullable(results.get(id));
  }

  synchronized void clear() {
    results.clear();
  }
}
