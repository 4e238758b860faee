package dev.slipway.web;

import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Explanation;
import dev.slipway.fleet.Fleet;
import dev.slipway.http.ResponseStream;
import dev.slipway.oci.Digest;
import dev.slipway.progress.BuildSummary;
import dev.slipway.protocol.Capability;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.ProcessMetric;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code /livez}, {@code /readyz}, {@code /metrics}, {@code /api/v1/workers}, {@code
 * /api/v1/builds}, {@code /api/v1/builds/<ref>/cache} and, to workers with a capability token,
 * {@code /trees/<layer digest>} and {@code /relay/<offer>}. docs/http.md.
 */
public final class WebServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WebServer.class);

  private static final String BEARER = "Bearer ";

  /**
   * Trees sent at once; each costs a virtual thread and a buffer, and the network is shared anyway.
   */
  private static final int MAX_TREES = 64;

  private static final int START_SECONDS = 10;
  private static final int STOP_SECONDS = 2;

  private final Parts parts;
  private final Vertx vertx;
  private final HttpServer server;
  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("web-", 0).factory());
  private final Semaphore trees = new Semaphore(MAX_TREES);

  /**
   * What is served.
   *
   * @param explanations why the steps of the build with the ref were not cached; empty = unknown
   * @param unready why clients cannot build here; empty when they can
   * @param verifier of the tokens that the fleet gives to workers
   */
  public record Parts(
      Fleet fleet,
      Supplier<List<BuildSummary>> builds,
      Function<String, Optional<Explanation>> explanations,
      TreeShelf trees,
      RelayedBlobs relayed,
      Capability.Verifier verifier,
      PrometheusMeterRegistry metrics,
      Meters meters,
      Supplier<Optional<String>> unready,
      Clock clock) {}

  private WebServer(Parts parts, String host, int port) {
    this.parts = parts;
    this.vertx = Vertx.vertx();
    new NettyEventExecutorMetrics(((VertxInternal) vertx).nettyEventLoopGroup())
        .bindTo(parts.metrics());
    this.server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost(host).setPort(port))
            .requestHandler(router());
  }

  /** Starts serving. @throws SlipwayException UNAVAILABLE when the address cannot be listened on */
  public static WebServer start(Parts parts, String host, int port)
      throws SlipwayException, InterruptedException {
    WebServer web = new WebServer(parts, host, port);
    try {
      wait(web.server.listen().toCompletionStage().toCompletableFuture(), START_SECONDS);
      return web;
    } catch (ExecutionException | TimeoutException e) {
      web.close();
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "listening on http " + host + ":" + port + " failed: " + cause.getMessage(),
          e);
    }
  }

  /** The port that is listened on. */
  public int port() {
    return server.actualPort();
  }

  private Router router() {
    Router router = Router.router(vertx);
    router.route().handler(this::count);
    router.get("/livez").handler(context -> context.response().end("ok\n"));
    router.get("/readyz").handler(this::ready);
    router.get("/metrics").handler(context -> block(context, this::metrics));
    router
        .get("/api/v1/workers")
        .handler(context -> block(context, () -> json(context, FarmView.workers(parts.fleet()))));
    router
        .get("/api/v1/builds")
        .handler(context ->
            block(
                context,
                () ->
                    json(context, FarmView.builds(parts.builds().get(), parts.clock().instant()))));
    router
        .get("/api/v1/builds/:id/cache")
        .handler(context -> block(context, () -> explanation(context)));
    router.get("/trees/:id").handler(this::tree);
    router.get("/relay/:id").handler(this::relay);
    return router;
  }

  private void count(RoutingContext context) {
    context.addEndHandler(_ ->
        parts
            .meters()
            .count(
                ProcessMetric.HTTP_REQUESTS,
                ProcessMetric.Status.of(context.response().getStatusCode())));
    context.next();
  }

  private void ready(RoutingContext context) {
    Optional<String> missing =
        parts
            .unready()
            .get()
            .or(() ->
                parts.fleet().workers().isEmpty()
                    ? Optional.of("no worker has joined")
                    : Optional.empty());
    context
        .response()
        .setStatusCode(missing.isEmpty() ? 200 : 503)
        .end(missing.orElse("ok") + "\n");
  }

  private interface Answer {
    void send() throws IOException;
  }

  private void block(RoutingContext context, Answer answer) {
    blocking.execute(() -> {
      try {
        answer.send();
      } catch (IOException | RuntimeException e) {
        context.fail(e);
      }
    });
  }

  private void block(
      RoutingContext context, java.util.function.Consumer<HttpServerResponse> answer) {
    block(context, () -> answer.accept(context.response()));
  }

  private void metrics(HttpServerResponse response) {
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .end(parts.metrics().scrape());
  }

  private static void json(RoutingContext context, JsonObject json) {
    context.response().putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(json.toBuffer());
  }

  private void explanation(RoutingContext context) {
    String id = context.pathParam("id");
    parts
        .explanations()
        .apply(id)
        .ifPresentOrElse(
            explanation -> json(context, CacheView.explanation(explanation)),
            () ->
                context
                    .response()
                    .setStatusCode(404)
                    .end("nothing is remembered of build " + id + " that was not cached\n"));
  }

  private void tree(RoutingContext context) {
    String id = context.pathParam("id");
    HttpServerResponse response = context.response();
    try {
      parts.verifier().verify(bearer(context), "trees/" + id, parts.clock().instant());
    } catch (SlipwayException e) {
      response.setStatusCode(403).end(e.getMessage() + "\n");
      return;
    }
    Optional<ContextTree> tree =
        Digest.isDigest(id) ? parts.trees().find(new Digest(id)) : Optional.empty();
    if (tree.isEmpty()) {
      response.setStatusCode(404).end("tree " + id + " is not published\n");
      return;
    }
    if (!trees.tryAcquire()) {
      response
          .setStatusCode(503)
          .putHeader(HttpHeaders.RETRY_AFTER, "1")
          .end("too many trees are being sent\n");
      return;
    }
    response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/x-tar");
    ResponseStream out = new ResponseStream(response);
    blocking.execute(() -> send(id, tree.get(), out, response));
  }

  private void send(String id, ContextTree tree, ResponseStream out, HttpServerResponse response) {
    try {
      tree.writeTar(out);
      out.close();
    } catch (IOException | RuntimeException e) {
      // Without its end the worker knows that the tar is cut.
      log.atWarn().addKeyValue("tree", id).setCause(e).log("tree not sent");
      response.reset();
    } finally {
      trees.release();
    }
  }

  private void relay(RoutingContext context) {
    String resource = "relay/" + context.pathParam("id");
    HttpServerResponse response = context.response();
    try {
      parts.verifier().verify(bearer(context), resource, parts.clock().instant());
    } catch (SlipwayException e) {
      response.setStatusCode(403).end(e.getMessage() + "\n");
      return;
    }
    response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/octet-stream");
    ResponseStream out = new ResponseStream(response);
    blocking.execute(() -> relay(resource, out, response));
  }

  private void relay(String resource, ResponseStream out, HttpServerResponse response) {
    try (InputStream blob = parts.relayed().open(resource)) {
      blob.transferTo(out);
      out.close();
    } catch (SlipwayException | IOException | InterruptedException | RuntimeException e) {
      log.atWarn().addKeyValue("reason", e.getMessage()).log("blob not passed on");
      if (response.headWritten()) {
        response.reset();
      } else {
        response.setChunked(false).setStatusCode(502).end(e.getMessage() + "\n");
      }
    }
  }

  private static String bearer(RoutingContext context) {
    String header = context.request().getHeader(HttpHeaders.AUTHORIZATION);
    return header != null && header.startsWith(BEARER) ? header.substring(BEARER.length()) : "";
  }

  private static void wait(CompletableFuture<?> future, int seconds)
      throws ExecutionException, TimeoutException, InterruptedException {
    future.get(seconds, TimeUnit.SECONDS);
  }

  /** Stops serving. */
  @Override
  public void close() {
    blocking.shutdownNow();
    try {
      wait(vertx.close().toCompletionStage().toCompletableFuture(), STOP_SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      log.atWarn().setCause(e).log("http server not closed in time");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
