package dev.slipway.web;

import dev.slipway.certificates.FarmTls;
import dev.slipway.certificates.WatchedTls;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.protocol.Capability;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.ProcessMetric;
import dev.slipway.web.access.PageAccess;
import dev.slipway.web.page.PageParts;
import dev.slipway.web.page.PageRequest;
import dev.slipway.web.page.Pages;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.VertxInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code /livez}, {@code /readyz}, {@code /metrics}, what workers fetch ({@link
 * WorkerFiles}: here, or with the farm's TLS at an address of its own), and, to whoever is let in,
 * {@code /api/v1} and the page. docs/http.md.
 */
public final class WebServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WebServer.class);

  /** Of answers to those who ask for it; a higher one costs more than it saves. */
  private static final int COMPRESSION = 4;

  private static final int START_SECONDS = 10;
  private static final int STOP_SECONDS = 2;

  private final Parts parts;
  private final Vertx vertx;
  private final HttpServer server;
  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("web-", 0).factory());
  private final WorkerFiles files;

  /**
   * What is served.
   *
   * @param unready why clients cannot build here; empty when they can
   * @param verifier of the tokens that the fleet gives to workers
   * @param tls of the farm: workers have a server of their own then, {@link #serveWorkers}
   * @param evicted ids of workers that get nothing
   * @param access the door before the page and {@code /api}
   */
  public record Parts(
      Fleet fleet,
      TreeShelf trees,
      RelayedBlobs relayed,
      Capability.Verifier verifier,
      Optional<FarmTls> tls,
      Supplier<Set<String>> evicted,
      PrometheusMeterRegistry metrics,
      Meters meters,
      Supplier<Optional<String>> unready,
      Clock clock,
      PageParts pages,
      PageAccess access) {}

  private WebServer(Parts parts, String host, int port) {
    this.parts = parts;
    this.vertx = Vertx.vertx();
    new NettyEventExecutorMetrics(((VertxInternal) vertx).nettyEventLoopGroup())
        .bindTo(parts.metrics());
    this.files =
        new WorkerFiles(
            new WorkerFiles.Parts(
                parts.trees(),
                parts.relayed(),
                parts.verifier(),
                parts.tls(),
                parts.evicted(),
                parts.clock()));
    this.server = vertx.createHttpServer(answers(host, port)).requestHandler(router());
  }

  private static HttpServerOptions answers(String host, int port) {
    return new HttpServerOptions()
        .setHost(host)
        .setPort(port)
        .setCompressionSupported(true)
        .setCompressionLevel(COMPRESSION);
  }

  /** Starts serving. @throws SlipwayException UNAVAILABLE when the address cannot be listened on */
  public static WebServer start(Parts parts, String host, int port)
      throws SlipwayException, InterruptedException {
    WebServer web = new WebServer(parts, host, port);
    try {
      listen(web.server, "http " + host + ":" + port);
      return web;
    } catch (SlipwayException e) {
      web.close();
      throw e;
    }
  }

  /**
   * Serves the same with TLS at another address, for people and programs on other machines, and
   * returns the port.
   *
   * @param port 0 = any free one
   */
  public int serveAlso(WatchedTls tls, String host, int port)
      throws SlipwayException, InterruptedException {
    HttpServer secure =
        vertx.createHttpServer(tls.over(answers(host, port))).requestHandler(router());
    listen(secure, "https " + host + ":" + port);
    return secure.actualPort();
  }

  /**
   * Serves what workers fetch at an address of its own, with the farm's TLS, and returns the port.
   *
   * @param port 0 = any free one
   */
  public int serveWorkers(FarmTls tls, String host, int port)
      throws SlipwayException, InterruptedException {
    Router router = Router.router(vertx);
    router.route().handler(this::count);
    files.routes(router);
    HttpServer workers =
        vertx
            .createHttpServer(tls.over(new HttpServerOptions().setHost(host).setPort(port)))
            .requestHandler(router);
    listen(workers, "https " + host + ":" + port);
    return workers.actualPort();
  }

  private static void listen(HttpServer server, String where)
      throws SlipwayException, InterruptedException {
    try {
      wait(server.listen().toCompletionStage().toCompletableFuture(), START_SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "listening on " + where + " failed: " + cause.getMessage(), e);
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
    if (parts.tls().isEmpty()) {
      files.routes(router);
    }
    Pages pages = new Pages(parts.pages(), vertx, blocking);
    pages.serveAssets(router);
    parts.access().serve(router, blocking);
    router.get().handler(this::admit);
    new FarmApi(parts.pages(), pages).serve(router);
    pages.serve(router);
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

  /** Everything after this is for those who were let in. */
  private void admit(RoutingContext context) {
    context.request().pause();
    blocking.execute(() -> {
      try {
        parts
            .access()
            .admit(context)
            .ifPresent(viewer -> {
              PageRequest.admitted(context, viewer);
              vertx.runOnContext(_ -> context.next());
            });
      } catch (RuntimeException e) {
        context.fail(e);
      }
    });
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

  private static void wait(CompletableFuture<?> future, int seconds)
      throws ExecutionException, TimeoutException, InterruptedException {
    future.get(seconds, TimeUnit.SECONDS);
  }

  /** Stops serving. */
  @Override
  public void close() {
    blocking.shutdownNow();
    files.close();
    try {
      wait(vertx.close().toCompletionStage().toCompletableFuture(), STOP_SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      log.atWarn().setCause(e).log("http server not closed in time");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
