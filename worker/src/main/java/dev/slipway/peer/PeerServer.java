package dev.slipway.peer;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.ResponseStream;
import dev.slipway.layers.LayerTarWriter;
import dev.slipway.oci.Digest;
import dev.slipway.part.Parts;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The worker's HTTP server. @ThreadSafe */
public final class PeerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerServer.class);
  private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
  private static final String LAYERS = "/layers/";
  private static final String BLOBS = "/blobs/";
  private static final String PARTS = "/parts/";
  private static final String BEARER = "Bearer ";

  /** A worker's traffic is a few large streams; more event loops than this idle. */
  private static final int EVENT_LOOPS = 2;

  /** The request of a part names all layers of its chain: 500 of them, and patterns. */
  private static final int MAX_REQUEST_LINE = 128 << 10;

  private static final long START_SECONDS = 10;
  private static final long STOP_SECONDS = 3;

  private final Vertx vertx;
  private final SnapshotStore store;
  private final Parts parts;
  private final LayerTarWriter tars = new LayerTarWriter();
  private final PrometheusMeterRegistry metrics;
  private final BooleanSupplier ready;
  private final ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor();
  private final TrustedKeys keys;

  /**
   * @param keys of the coordinators whose tokens let peers in
   * @param ready whether the worker can be given work
   */
  public PeerServer(
      SnapshotStore store,
      PrometheusMeterRegistry metrics,
      TrustedKeys keys,
      BooleanSupplier ready) {
    this.store = store;
    this.parts = new Parts(store);
    this.metrics = metrics;
    this.keys = keys;
    this.ready = ready;
    this.vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
  }

  /** Listens and returns the real port. @param address port 0 = any free one */
  public int start(InetSocketAddress address) throws SlipwayException, InterruptedException {
    HttpServer server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHandle100ContinueAutomatically(true)
                    .setMaxInitialLineLength(MAX_REQUEST_LINE))
            .requestHandler(this::handle);
    try {
      return server
          .listen(address.getPort(), address.getHostString())
          .toCompletionStage()
          .toCompletableFuture()
          .get(START_SECONDS, TimeUnit.SECONDS)
          .actualPort();
    } catch (ExecutionException | TimeoutException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "listening on "
              + address
              + " failed: "
              + (e.getCause() == null ? e : e.getCause()).getMessage(),
          e);
    }
  }

  private void handle(HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.GET)) {
      answer(request.response(), 405, "only GET is known here");
      return;
    }
    String path = request.path();
    if (path.startsWith(LAYERS)) {
      authorized(request, LAYERS, this::sendLayer);
    } else if (path.startsWith(PARTS)) {
      String asked = request.getParam(Parts.REQUEST, "");
      authorized(request, PARTS, (id, response) -> sendPart(id, asked, response));
    } else if (path.startsWith(BLOBS)) {
      authorized(request, BLOBS, this::sendBlob);
    } else if (path.equals("/metrics")) {
      request
          .response()
          .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
          .end(metrics.scrape());
    } else if (path.equals("/livez")) {
      answer(request.response(), 200, "ok");
    } else if (path.equals("/readyz")) {
      boolean joined = ready.getAsBoolean();
      answer(request.response(), joined ? 200 : 503, joined ? "ok" : "not joined to a coordinator");
    } else {
      answer(request.response(), 404, "not found");
    }
  }

  private interface Sender {
    void send(String id, HttpServerResponse response);
  }

  private void authorized(HttpServerRequest request, String prefix, Sender sender) {
    HttpServerResponse response = request.response();
    String id;
    try {
      id =
          URLDecoder.decode(
              request.path().substring(prefix.length()).replace("+", "%2B"),
              StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      answer(response, 400, "the path is malformed");
      return;
    }
    String header = request.getHeader("Authorization");
    if (keys.isEmpty()) {
      answer(response, 503, "not joined to a coordinator");
      return;
    }
    try {
      String token =
          header != null && header.startsWith(BEARER) ? header.substring(BEARER.length()) : "";
      keys.verify(token, prefix.substring(1) + id);
    } catch (SlipwayException e) {
      answer(response, 403, e.getMessage());
      return;
    }
    writers.submit(() -> {
      try {
        sender.send(id, response);
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).log("a peer's request ended by a defect");
        response.reset();
      }
    });
  }

  private void sendLayer(String id, HttpServerResponse response) {
    Optional<StoredLayer> layer = store.find(id);
    if (layer.isEmpty()) {
      answer(response, 404, "layer " + id + " is not here");
      return;
    }
    try (Pin _ = store.pin(List.of(id))) {
      response.setChunked(true).putHeader("Content-Type", LAYER_TYPE);
      ResponseStream body = new ResponseStream(response);
      tars.write(layer.get(), body);
      body.close();
    } catch (SlipwayException | IOException e) {
      notSent(id, e, response);
    }
  }

  /** The part's layers cannot be taken away meanwhile: they are mounted. */
  private void sendPart(String id, String asked, HttpServerResponse response) {
    try {
      PartRequest request = Parts.request(id, asked);
      response.setChunked(true).putHeader("Content-Type", LAYER_TYPE);
      ResponseStream body = new ResponseStream(response);
      parts.write(request, body);
      body.close();
    } catch (SlipwayException e) {
      if (!response.headWritten() && e.kind() == ErrorKind.NOT_FOUND) {
        answer(response, 404, e.getMessage());
        return;
      }
      notSent(id, e, response);
    } catch (IOException e) {
      notSent(id, e, response);
    }
  }

  private static void notSent(String id, Exception e, HttpServerResponse response) {
    LOG.atWarn()
        .addKeyValue("layer", id)
        .addKeyValue("error", e.getMessage())
        .log("layer not sent to a peer");
    abort(response, e.getMessage());
  }

  private void sendBlob(String digest, HttpServerResponse response) {
    Optional<StoredLayer> layer =
        !Digest.isDigest(digest)
            ? Optional.empty()
            : store.inventory().stream()
                .filter(here ->
                    here.blob().isPresent() && here.blob().get().digest().value().equals(digest))
                .findFirst();
    if (layer.isEmpty()) {
      answer(response, 404, "blob " + digest + " is not here");
      return;
    }
    try {
      Pin pin = store.pin(List.of(layer.get().id()));
      response.putHeader("Content-Type", layer.get().blob().orElseThrow().mediaType());
      response.sendFile(layer.get().blobFile().toString()).onComplete(_ -> pin.close());
    } catch (SlipwayException e) {
      answer(response, 404, e.getMessage());
    }
  }

  /** A body that has begun can only be broken off, so that nobody takes it for whole. */
  private static void abort(HttpServerResponse response, String message) {
    if (response.headWritten()) {
      response.reset();
    } else {
      answer(response, 500, message);
    }
  }

  private static void answer(HttpServerResponse response, int status, String text) {
    response
        .setChunked(false)
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .end(text + "\n");
  }

  @Override
  public void close() {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.atWarn().setCause(e).log("the blob server did not stop in time");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    writers.shutdownNow();
  }
}
