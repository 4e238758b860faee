package dev.slipway.solve;

import dev.slipway.cache.ApartIndex;
import dev.slipway.cluster.Leases;
import dev.slipway.coordination.CoordinationService;
import dev.slipway.coordination.Coordinators;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.plan.BuildGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The solver of one coordinator. Each call drives its own graph; what builds share are the cache
 * and the flights. @ThreadSafe
 */
public final class FarmSolver implements Solver {
  private final SolveParts parts;
  private final Flights flights;
  private final ConcurrentMap<String, BuildMemory> memories = new ConcurrentHashMap<>();

  /**
   * @param leases on steps, see {@link dev.slipway.cluster.MapNames#LEASES}
   * @param coordinators who may run what a build here wants
   */
  public FarmSolver(SolveParts parts, Leases leases, Coordinators coordinators) {
    this(parts, leases, new CoordinatorSteps(coordinators));
  }

  FarmSolver(SolveParts parts, Leases leases, StepFollower follower) {
    this.parts = parts;
    this.flights = new Flights(leases, follower);
  }

  /** Lets other coordinators wait for steps that run here. */
  public CoordinationService.StepWatching watching() {
    return new StepWatches(flights);
  }

  @Override
  public List<SolvedResult> solve(BuildContext build, List<Definition> definitions)
      throws SlipwayException, InterruptedException {
    return solve(build, definitions, 0, false);
  }

  @Override
  public List<SolvedResult> solveForFrontend(BuildContext build, List<Definition> definitions)
      throws SlipwayException, InterruptedException {
    return solve(build, definitions, 0, true);
  }

  /**
   * @param depth how many definitions they are within
   */
  private List<SolvedResult> solve(
      BuildContext build, List<Definition> definitions, int depth, boolean keepsFailures)
      throws SlipwayException, InterruptedException {
    BuildMemory memory =
        memories.computeIfAbsent(
            build.buildId(),
            _ ->
                new BuildMemory(
                    new VertexProgress(build.progress(), parts.clock()),
                    new Holds(build.buildId(), parts.fleet())));
    memory.keepFailures(keepsFailures);
    SolveParts mine =
        build
            .rights()
            .trust()
            .apart()
            .map(owner -> parts.with(new ApartIndex(parts.index(), owner)))
            .orElse(parts);
    List<Definition> allowed = new ArrayList<>();
    for (Definition definition : definitions) {
      allowed.add(build.policy().apply(definition));
    }
    NestedBuilds.Solving nested =
        definition -> solve(build, List.of(definition), depth + 1, keepsFailures).getFirst();
    return new SolveRun(build, BuildGraph.of(allowed), memory, flights, mine, depth, nested).run();
  }

  @Override
  public void forget(String buildId) {
    BuildMemory memory = memories.remove(buildId);
    if (memory != null) {
      memory.holds().release();
    }
    parts.observer().end(buildId);
    parts.trees().release(buildId);
  }
}
