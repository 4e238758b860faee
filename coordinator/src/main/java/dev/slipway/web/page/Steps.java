package dev.slipway.web.page;

import dev.slipway.oci.Digest;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.ProgressLog.Vertex;
import dev.slipway.progress.StageRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The vertices of a build by number, as lists and logs name them: from 1, in announced order. */
final class Steps {
  private final List<Vertex> all;
  private final Map<Digest, Integer> numbers = new HashMap<>();

  Steps(BuildDetail build) {
    this.all = build.vertices();
    for (Vertex vertex : all) {
      numbers.put(vertex.state().digest(), numbers.size() + 1);
    }
  }

  List<Vertex> all() {
    return all;
  }

  /** Returns the number of the vertex; 0 when it was never announced. */
  int number(Digest vertex) {
    return numbers.getOrDefault(vertex, 0);
  }

  Optional<VertexState> state(Digest vertex) {
    int number = number(vertex);
    return number == 0 ? Optional.empty() : Optional.of(all.get(number - 1).state());
  }

  String name(Digest vertex) {
    return state(vertex).map(VertexState::name).orElse("a step that was not announced");
  }

  /** The step that a stage is at: the first that is not done, else its last. */
  Digest at(StageRecord stage) {
    return stage.steps().stream()
        .filter(step -> state(step).flatMap(VertexState::completed).isEmpty())
        .findFirst()
        .orElse(stage.steps().getLast());
  }

  /** The name of the step that a stage is at. */
  String current(StageRecord stage) {
    return name(at(stage));
  }
}
