package dev.slipway.web;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.holdings.Query;
import dev.slipway.progress.BuildSummary;
import dev.slipway.web.page.PageParts;
import dev.slipway.web.page.PageRequest;
import dev.slipway.web.page.Pages;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/** {@code /api/v1}: the farm for scripts. docs/http.md. */
final class FarmApi {
  private final PageParts parts;
  private final Pages pages;

  FarmApi(PageParts parts, Pages pages) {
    this.parts = parts;
    this.pages = pages;
  }

  private interface Question {
    JsonObject answer(PageRequest request) throws SlipwayException, InterruptedException;
  }

  void serve(Router router) {
    add(router, "workers", _ -> Optional.empty(), _ -> FarmView.workers(parts.fleet()));
    add(router, "builds", _ -> Optional.empty(), this::builds);
    add(router, "builds/:id", pages::ofBuild, this::build);
    add(router, "builds/:id/cache", _ -> Optional.empty(), this::explanation);
    add(router, "cache", _ -> Optional.empty(), this::cache);
    add(
        router,
        "queue",
        pages::ofQueue,
        request -> QueueJson.of(parts.queue().get(), parts.limits(), request.viewer()));
  }

  private void add(Router router, String path, Pages.Place place, Question question) {
    router
        .get("/api/v1/" + path)
        .handler(context -> pages.here(context, place, () -> send(context, question)));
  }

  private JsonObject builds(PageRequest request) {
    String tenant = request.query("tenant");
    List<BuildSummary> seen =
        parts.builds().recent().stream()
            .filter(build -> request.viewer().sees(build.tenant()))
            .filter(build -> tenant.isEmpty() || tenant.equals(build.tenant()))
            .toList();
    return FarmView.builds(seen, parts.clock().instant());
  }

  private JsonObject build(PageRequest request) throws SlipwayException {
    String id = request.parameter("id");
    return parts
        .builds()
        .find(id)
        .filter(build -> request.viewer().sees(build.summary().tenant()))
        .map(build -> BuildJson.of(build, parts.clock().instant()))
        .orElseThrow(
            () -> new SlipwayException(ErrorKind.NOT_FOUND, "no build " + id + " is kept here"));
  }

  /** What is nobody's, such as layers of images, is for those who see everything. */
  private JsonObject cache(PageRequest request) throws SlipwayException, InterruptedException {
    Query query =
        Query.of(
            request.query("q"),
            request.query("order"),
            request.query("offset"),
            request.query("limit"));
    return CacheView.page(
        parts.holdings().find(query, holding -> request.viewer().sees(holding.tenant().orElse(""))),
        query);
  }

  private JsonObject explanation(PageRequest request) throws SlipwayException {
    String id = request.parameter("id");
    return parts
        .explanations()
        .apply(id)
        .filter(explanation -> request.viewer().sees(explanation.tenant()))
        .map(CacheView::explanation)
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.NOT_FOUND,
                "nothing is remembered of build " + id + " that was not cached"));
  }

  private static void send(RoutingContext context, Question question) {
    try {
      json(context, 200, question.answer(PageRequest.of(context)));
    } catch (SlipwayException e) {
      json(context, Pages.status(e.kind()), new JsonObject().put("error", e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      context.fail(503);
    }
  }

  private static void json(RoutingContext context, int status, JsonObject json) {
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(json.toBuffer());
  }
}
