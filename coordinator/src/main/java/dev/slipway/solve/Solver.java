package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import java.util.List;

/** Brings build graphs to their results on the farm. @ThreadSafe */
public interface Solver {
  /**
   * Evaluates the graphs together: what they share runs once. Blocks; an interrupt cancels what
   * only this call wants, down to the processes on the workers.
   *
   * @return one result per definition, in order
   * @throws StepFailure when a step of the user's failed
   */
  List<SolvedResult> solve(BuildContext build, List<Definition> definitions)
      throws SlipwayException, InterruptedException;

  /** Forgets what was kept for the build; call it when the build is over. */
  void forget(String buildId);
}
