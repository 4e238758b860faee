package dev.slipway.solve;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.plan.BuildGraph;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The solver of one coordinator. Each call drives its own graph; what builds share are the cache
 * and the flights. @ThreadSafe
 */
public final class FarmSolver implements Solver {
  private final SolveParts parts;
  private final Flights flights = new Flights();
  private final ConcurrentMap<String, BuildMemory> memories = new ConcurrentHashMap<>();

  public FarmSolver(SolveParts parts) {
    this.parts = parts;
  }

  @Override
  public List<SolvedResult> solve(BuildContext build, List<Definition> definitions)
      throws SlipwayException, InterruptedException {
    BuildMemory memory =
        memories.computeIfAbsent(
            build.buildId(),
            _ ->
                new BuildMemory(
                    new VertexProgress(build.progress(), parts.clock()),
                    new Holds(build.buildId(), parts.fleet())));
    return new SolveRun(build, BuildGraph.of(definitions), memory, flights, parts).run();
  }

  @Override
  public void forget(String buildId) {
    BuildMemory memory = memories.remove(buildId);
    if (memory != null) {
      memory.holds().release();
    }
    parts.trees().release(buildId);
  }
}
