package dev.slipway.web;

import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Explanation;
import dev.slipway.holdings.Holding;
import dev.slipway.holdings.Holdings;
import dev.slipway.holdings.Query;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * {@code /api/v1/cache} and {@code /api/v1/builds/<id>/cache}: what is in the cache, and why a
 * build found something not to be. docs/http.md.
 */
final class CacheApi {
  private final Function<String, Optional<Explanation>> explanations;
  private final Holdings holdings;
  private final ExecutorService threads;

  /**
   * @param explanations by build; empty = unknown
   * @param threads for what blocks
   */
  CacheApi(
      Function<String, Optional<Explanation>> explanations,
      Holdings holdings,
      ExecutorService threads) {
    this.explanations = explanations;
    this.holdings = holdings;
    this.threads = threads;
  }

  /**
   * @param tenants whose things whoever asks may see; the empty name stands for what is nobody's
   */
  void serve(Router router, Function<RoutingContext, Predicate<String>> tenants) {
    router
        .get("/api/v1/cache")
        .handler(context -> block(context, () -> find(context, tenants.apply(context))));
    router
        .get("/api/v1/builds/:id/cache")
        .handler(context -> block(context, () -> explain(context, tenants.apply(context))));
  }

  private void find(RoutingContext context, Predicate<String> tenants) throws InterruptedException {
    try {
      Query query =
          Query.of(
              parameter(context, "q"),
              parameter(context, "order"),
              parameter(context, "offset"),
              parameter(context, "limit"));
      Predicate<Holding> visible = holding -> tenants.test(holding.tenant().orElse(""));
      json(context, CacheView.page(holdings.find(query, visible), query));
    } catch (SlipwayException e) {
      context.response().setStatusCode(400).end(e.getMessage() + "\n");
    }
  }

  private void explain(RoutingContext context, Predicate<String> tenants) {
    String id = context.pathParam("id");
    explanations
        .apply(id)
        .filter(explanation -> tenants.test(explanation.tenant()))
        .ifPresentOrElse(
            explanation -> json(context, CacheView.explanation(explanation)),
            () ->
                context
                    .response()
                    .setStatusCode(404)
                    .end("nothing is remembered of build " + id + " that was not cached\n"));
  }

  private static String parameter(RoutingContext context, String name) {
    String value = context.request().getParam(name);
    return value == null ? "" : value;
  }

  private interface Answer {
    void send() throws InterruptedException;
  }

  private void block(RoutingContext context, Answer answer) {
    threads.execute(() -> {
      try {
        answer.send();
      } catch (InterruptedException | RuntimeException e) {
        context.fail(e);
      }
    });
  }

  private static void json(RoutingContext context, JsonObject json) {
    context
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(json.toBuffer());
  }
}
