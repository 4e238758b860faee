package dev.slipway.web;

import dev.slipway.graph.SourceMap;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.ProgressLog.Vertex;
import dev.slipway.progress.StageRecord;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/** One build as JSON, with its stages and vertices; docs/http.md names the fields. */
final class BuildJson {
  private BuildJson() {}

  static JsonObject of(BuildDetail build, Instant now) {
    JsonArray stages = new JsonArray();
    build.stages().forEach(stage -> stages.add(stage(stage)));
    JsonArray vertices = new JsonArray();
    build.vertices().forEach(vertex -> vertices.add(vertex(vertex)));
    JsonObject json =
        FarmView.build(build.summary(), now).put("stages", stages).put("vertices", vertices);
    build
        .blame()
        .ifPresent(place ->
            json.put(
                "failedAt",
                new JsonObject()
                    .put("file", place.file().filename())
                    .put(
                        "line",
                        place.ranges().stream()
                            .mapToInt(SourceMap.Range::startLine)
                            .min()
                            .orElse(0))));
    return json;
  }

  private static JsonObject stage(StageRecord stage) {
    JsonArray steps = new JsonArray();
    stage.steps().forEach(step -> steps.add(step.value()));
    JsonObject json =
        new JsonObject()
            .put("id", stage.id())
            .put("platform", stage.platform())
            .put("steps", steps)
            .put("queuedAt", stage.queued().toString())
            .put("waits", new JsonArray(stage.waits()))
            .put("worker", stage.worker())
            .put("outcome", stage.outcome());
    stage.placed().ifPresent(at -> json.put("placedAt", at.toString()));
    stage.ended().ifPresent(at -> json.put("endedAt", at.toString()));
    return json;
  }

  private static JsonObject vertex(Vertex vertex) {
    VertexState state = vertex.state();
    JsonArray inputs = new JsonArray();
    state.inputs().forEach(input -> inputs.add(input.value()));
    JsonObject json =
        new JsonObject()
            .put("vertex", state.digest().value())
            .put("name", state.name())
            .put("inputs", inputs)
            .put("cached", state.cached())
            .put("notes", new JsonArray(vertex.notes()));
    state.started().ifPresent(at -> json.put("startedAt", at.toString()));
    state.completed().ifPresent(at -> json.put("completedAt", at.toString()));
    state.error().ifPresent(error -> json.put("error", error));
    return json;
  }
}
