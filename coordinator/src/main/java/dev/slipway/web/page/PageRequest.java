package dev.slipway.web.page;

import dev.slipway.web.access.Viewer;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;

/** What was asked for, and by whom. */
public final class PageRequest {
  private static final String VIEWER = "slipway.viewer";

  /** Longest value of a query that is looked at; a name or a word is shorter. */
  private static final int MAX_VALUE = 200;

  private final Viewer viewer;
  private final String path;
  private final Map<String, String> parameters;
  private final MultiMap query;

  private PageRequest(RoutingContext context) {
    this.viewer = context.get(VIEWER);
    this.path = context.normalizedPath();
    this.parameters = Map.copyOf(context.pathParams());
    this.query = context.queryParams();
  }

  /** Remembers who was let in, for {@link #of}. */
  public static void admitted(RoutingContext context, Viewer viewer) {
    context.put(VIEWER, viewer);
  }

  /** Of a request that was let in. */
  public static PageRequest of(RoutingContext context) {
    return new PageRequest(context);
  }

  public Viewer viewer() {
    return viewer;
  }

  String path() {
    return path;
  }

  /** A part of the path that the route names. */
  public String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** A value of the query; empty when there is none. */
  public String query(String name) {
    return Optional.ofNullable(query.get(name))
        .map(String::strip)
        .map(value -> value.length() > MAX_VALUE ? value.substring(0, MAX_VALUE) : value)
        .orElse("");
  }
}
