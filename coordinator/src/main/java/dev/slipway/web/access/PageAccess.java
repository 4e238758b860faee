package dev.slipway.web.access;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** The door before the page and {@code /api}. @ThreadSafe */
public interface PageAccess {
  /** Lets everybody see everything. */
  PageAccess EVERYBODY = _ -> Optional.of(Viewer.OF_EVERYTHING);

  /**
   * Returns who asks, or empty after it has answered the request by itself: refused it, asked for a
   * name, sent the browser elsewhere. Called on a virtual thread and may block.
   */
  Optional<Viewer> admit(RoutingContext request);

  /**
   * Adds what whoever is not in yet may ask for: a form to say who he is.
   *
   * @param threads virtual ones, for what blocks
   */
  default void serve(Router router, ExecutorService threads) {}
}
