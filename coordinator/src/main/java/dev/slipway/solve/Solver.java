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

  /**
   * The same, for a frontend that may look into what fails: what a failed process has written stays
   * until the build is over, and {@link StepFailure#step} tells where.
   */
  default List<SolvedResult> solveForFrontend(BuildContext build, List<Definition> definitions)
      throws SlipwayException, InterruptedException {
    return solve(build, definitions);
  }

  /** Forgets what was kept for the build; call it when the build is over. */
  void forget(String buildId);
}
