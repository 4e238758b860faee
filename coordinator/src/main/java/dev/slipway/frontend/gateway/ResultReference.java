package dev.slipway.frontend.gateway;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.SolvedResult;
import dev.slipway.solve.Solver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A result that a frontend holds. It is evaluated when first needed, once; when the one who
 * evaluates it is interrupted the next one who waits starts over. @ThreadSafe
 */
public final class ResultReference {
  private final Definition definition;
  private final ReentrantLock evaluating = new ReentrantLock();
  private volatile Optional<SolvedResult> result = Optional.empty();

  ResultReference(Definition definition) {
    this.definition = definition;
  }

  /** The graph that it is the result of. */
  public Definition definition() {
    return definition;
  }

  SolvedResult evaluate(Solver solver, BuildContext build)
      throws SlipwayException, InterruptedException {
    if (result.isEmpty()) {
      evaluating.lockInterruptibly();
      try {
        if (result.isEmpty()) {
          result = Optional.of(solver.solveForFrontend(build, List.of(definition)).getFirst());
        }
      } finally {
        evaluating.unlock();
      }
    }
    return result.get();
  }
}
