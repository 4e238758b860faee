package dev.slipway.progress;

import dev.slipway.graph.SourceMap;
import java.util.List;
import java.util.Optional;

/**
 * All that is kept of one build, at one moment.
 *
 * @param vertices in the order in which they were announced
 * @param stages in the order in which they were queued
 * @param blame where in which file the build failed; empty when nobody knows or it did not
 * @param log everything its client was told, with the output of its steps
 */
public record BuildDetail(
    BuildSummary summary,
    List<ProgressLog.Vertex> vertices,
    List<StageRecord> stages,
    Optional<Place> blame,
    ProgressLog log) {
  public BuildDetail {
    vertices = List.copyOf(vertices);
    stages = List.copyOf(stages);
  }

  /** Lines of a file. */
  public record Place(SourceMap.SourceFile file, List<SourceMap.Range> ranges) {
    public Place {
      ranges = List.copyOf(ranges);
    }
  }
}
