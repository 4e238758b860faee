package dev.slipway.web;

import dev.slipway.explain.Explanation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What is known of the cache as JSON; docs/http.md names the fields. */
final class CacheView {
  private CacheView() {}

  static JsonObject explanation(Explanation explanation) {
    JsonArray steps = new JsonArray();
    for (Explanation.Step step : explanation.steps()) {
      steps.add(
          new JsonObject()
              .put("vertex", step.vertex())
              .put("name", step.label())
              .put("outcome", step.outcome().text())
              .put("worker", step.worker())
              .put("reason", step.reason().kind().text())
              .put("why", step.reason().text()));
    }
    JsonObject json =
        new JsonObject()
            .put("build", explanation.buildId())
            .put("tenant", explanation.tenant())
            .put("cachedSteps", explanation.cached())
            .put("steps", steps);
    explanation
        .compared()
        .ifPresent(earlier ->
            json.put(
                "comparedWith",
                new JsonObject()
                    .put("build", earlier.buildId())
                    .put("at", earlier.at().toString())));
    return json;
  }
}
