package dev.slipway.web;

import dev.slipway.explain.Explanation;
import dev.slipway.holdings.Holding;
import dev.slipway.holdings.Page;
import dev.slipway.holdings.Query;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What is known of the cache as JSON; docs/http.md names the fields. */
final class CacheView {
  private CacheView() {}

  static JsonObject page(Page page, Query query) {
    JsonArray entries = new JsonArray();
    page.entries().forEach(holding -> entries.add(holding(holding)));
    JsonObject silent = new JsonObject();
    page.silent().forEach(silent::put);
    return new JsonObject()
        .put("at", page.at().toString())
        .put("found", page.found())
        .put("bytes", page.bytes())
        .put("offset", query.offset())
        .put("records", entries)
        .put("silentWorkers", silent);
  }

  private static JsonObject holding(Holding holding) {
    JsonObject json =
        new JsonObject()
            .put("id", holding.id())
            .put("type", holding.type())
            .put("description", holding.description())
            .put("size", holding.size())
            .put("createdAt", holding.createdAt().toString())
            .put("lastUsedAt", holding.lastUsedAt().toString())
            .put("uses", holding.uses())
            .put("inUse", holding.inUse())
            .put("workers", new JsonArray(holding.workers()));
    holding.tenant().ifPresent(tenant -> json.put("tenant", tenant));
    holding
        .provenance()
        .ifPresent(from ->
            json.put(
                "madeBy",
                new JsonObject()
                    .put("build", from.build())
                    .put("name", from.name())
                    .put("step", from.step())
                    .put("platform", from.platform())
                    .put("trustDomain", from.trustDomain())
                    .put("worker", from.worker())
                    .put("at", from.at().toString())
                    .put("ingredients", new JsonArray(from.ingredients()))));
    return json;
  }

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
