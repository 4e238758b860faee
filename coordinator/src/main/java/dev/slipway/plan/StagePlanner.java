package dev.slipway.plan;

import dev.slipway.graph.Edge;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Cuts stages out of a graph as its inputs become available. A stage starts with a vertex all of
 * whose inputs exist and goes on as long as one more vertex builds on the last one's root
 * filesystem and waits for nobody else: so a chain of fifty RUN steps is one stage, and a {@code
 * COPY --from} of a stage that is not built yet does not hold up the steps before it. A step that
 * locks a cache mount is a stage of its own, so that the lock is held for nothing else. Pure.
 */
public final class StagePlanner {
  private StagePlanner() {}

  /**
   * Returns the stages that can run now; no vertex is in two of them.
   *
   * @param waiting vertices that have to run and do not run yet
   * @param available whether an edge's result exists
   */
  public static List<Stage> ready(
      BuildGraph graph, Set<Digest> waiting, Predicate<Edge> available) {
    List<Stage> stages = new ArrayList<>();
    Set<Digest> taken = new HashSet<>();
    for (Vertex vertex : graph.inOrder()) {
      boolean free = waiting.contains(vertex.digest()) && !taken.contains(vertex.digest());
      if (free && vertex.inputs().stream().allMatch(available)) {
        List<Vertex> steps = chainFrom(vertex, graph, waiting, taken, available);
        steps.forEach(step -> taken.add(step.digest()));
        stages.add(stageOf(steps));
      }
    }
    return stages;
  }

  private static List<Vertex> chainFrom(
      Vertex start,
      BuildGraph graph,
      Set<Digest> waiting,
      Set<Digest> taken,
      Predicate<Edge> available) {
    List<Vertex> steps = new ArrayList<>(List.of(start));
    Set<Digest> inChain = new HashSet<>(Set.of(start.digest()));
    Optional<Platform> platform = platformOf(start);
    if (locks(start)) {
      return steps;
    }
    while (true) {
      Optional<Platform> current = platform;
      Optional<Vertex> next =
          graph.continuations(steps.getLast().digest()).stream()
              .filter(
                  vertex -> waiting.contains(vertex.digest()) && !taken.contains(vertex.digest()))
              .filter(vertex -> !locks(vertex))
              .filter(vertex -> compatible(current, platformOf(vertex)))
              .filter(vertex ->
                  vertex.inputs().stream()
                      .allMatch(edge -> inChain.contains(edge.vertex()) || available.test(edge)))
              .findFirst();
      if (next.isEmpty()) {
        return steps;
      }
      steps.add(next.get());
      inChain.add(next.get().digest());
      platform = platform.or(() -> platformOf(next.get()));
    }
  }

  private static boolean locks(Vertex vertex) {
    return vertex.op() instanceof Op.Exec exec
        && exec.mounts().stream()
            .anyMatch(mount ->
                mount.kind() instanceof Mount.Kind.Cache cache
                    && cache.sharing() == Mount.Sharing.LOCKED);
  }

  static Stage stageOf(List<Vertex> steps) {
    return new Stage(
        steps, steps.stream().map(StagePlanner::platformOf).flatMap(Optional::stream).findFirst());
  }

  private static boolean compatible(Optional<Platform> one, Optional<Platform> other) {
    return one.isEmpty() || other.isEmpty() || one.equals(other);
  }

  /** Only processes need a platform; files are changed anywhere. */
  private static Optional<Platform> platformOf(Vertex vertex) {
    return vertex.op() instanceof Op.Exec ? vertex.platform() : Optional.empty();
  }
}
