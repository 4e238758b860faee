package dev.slipway.plan;

import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Optional;

/**
 * Vertices that run one after the other on one worker, each on the root filesystem that the one
 * before left.
 *
 * @param steps never empty
 * @param platform of the processes in it; empty when it runs none and any worker will do
 */
public record Stage(List<Vertex> steps, Optional<Platform> platform) {
  public Stage {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a stage has at least one step");
    }
  }

  /** Whether the vertex is one of the steps. */
  public boolean makes(Digest vertex) {
    return steps.stream().anyMatch(step -> step.digest().equals(vertex));
  }

  /** The first {@code count} steps. */
  public Stage first(int count) {
    return StagePlanner.stageOf(steps.subList(0, count));
  }
}
