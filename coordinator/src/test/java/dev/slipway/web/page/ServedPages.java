package dev.slipway.web.page;

import dev.slipway.web.access.Viewer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Pages behind a door that lets in whoever a test says. */
final class ServedPages implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private final HttpServer server;
  private volatile Viewer viewer = Viewer.OF_EVERYTHING;

  ServedPages(PageFixture shown) {
    Router router = Router.router(vertx);
    router
        .get()
        .handler(context -> {
          context.request().pause();
          PageRequest.admitted(context, viewer);
          context.next();
        });
    new Pages(shown.parts(), vertx, threads).serve(router);
    server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  /** What somebody gets there. */
  HttpResponse<String> get(String path, Viewer who) throws Exception {
    viewer = who;
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
            .timeout(Duration.ofSeconds(10))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    threads.shutdownNow();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
