package dev.slipway.peer;

import dev.slipway.certificates.FarmTls;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.ProcessMetric;
import dev.slipway.telemetry.TransferMetric;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.VertxInternal;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's HTTP servers: one for peers and coordinators, with the farm's TLS where it has one;
 * and then another, plain, for health and metrics, which else the first one gives too. @ThreadSafe
 */
public final class PeerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerServer.class);
  private static final String LAYERS = "/layers/";
  private static final String BLOBS = "/blobs/";
  private static final String PARTS = "/parts/";
  private static final String VERIFY = "/verify";
  private static final String MOUNTS = "/mounts/";
  private static final String BEARER = "Bearer ";

  /** A worker's traffic is a few large streams; more event loops than this idle. */
  private static final int EVENT_LOOPS = 2;

  /** The request of a part names all layers of its chain: 500 of them, and patterns. */
  private static final int MAX_REQUEST_LINE = 128 << 10;

  private static final long START_SECONDS = 10;
  private static final long STOP_SECONDS = 3;

  private final Vertx vertx;
  private final TarReplies tars;
  private final BlobReplies blobs;
  private final MountReplies mounts;
  private final PrometheusMeterRegistry metrics;
  private final Meters meters;
  private final BooleanSupplier ready;
  private final ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor();
  private final Doors doors;

  /** Whose connections those are that are open, with TLS. */
  private final Map<HttpConnection, String> connected = new ConcurrentHashMap<>();

  /**
   * Who gets in.
   *
   * @param keys of the coordinators whose tokens let peers in
   * @param tls that peers have to show a certificate for; empty = plain text
   * @param outcasts whom nothing is given any more
   */
  public record Doors(TrustedKeys keys, Optional<FarmTls> tls, Outcasts outcasts) {
    /** Plain text, in which nobody can be told apart. */
    public Doors(TrustedKeys keys) {
      this(keys, Optional.empty(), new Outcasts());
    }
  }

  /**
   * @param ready whether the worker can be given work
   */
  public PeerServer(
      SnapshotStore store,
      CacheMounts mounts,
      PrometheusMeterRegistry metrics,
      Meters meters,
      Doors doors,
      BooleanSupplier ready) {
    this.tars = new TarReplies(store);
    this.blobs = new BlobReplies(store);
    this.mounts = new MountReplies(mounts);
    this.metrics = metrics;
    this.meters = meters;
    this.doors = doors;
    this.ready = ready;
    this.vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
    new NettyEventExecutorMetrics(((VertxInternal) vertx).nettyEventLoopGroup())
        .bindTo(meters.registry());
    doors.outcasts().onChange(this::cutOff);
  }

  /** Listens for peers and returns the real port. @param address port 0 = any free one */
  public int start(InetSocketAddress address) throws SlipwayException, InterruptedException {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHandle100ContinueAutomatically(true)
            .setMaxInitialLineLength(MAX_REQUEST_LINE);
    HttpServer server =
        doors.tls().isEmpty()
            ? vertx.createHttpServer(options).requestHandler(this::handle)
            : vertx
                .createHttpServer(doors.tls().get().over(options))
                .requestHandler(this::handleMember);
    return listen(server, address);
  }

  /**
   * Listens for probes and Prometheus, in plain text, and returns the real port.
   *
   * @param address port 0 = any free one
   */
  public int startHealth(InetSocketAddress address) throws SlipwayException, InterruptedException {
    return listen(
        vertx
            .createHttpServer()
            .requestHandler(request -> {
              count(request);
              health(request);
            }),
        address);
  }

  private static int listen(HttpServer server, InetSocketAddress address)
      throws SlipwayException, InterruptedException {
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

  /** Asks who it is; a token alone is worth nothing where the farm has TLS. */
  private void handleMember(HttpServerRequest request) {
    HttpConnection connection = request.connection();
    switch (doors.tls().orElseThrow().judge(connection.sslSession())) {
      case FarmTls.Caller.Refused(String reason) -> Replies.text(request, 401, reason);
      case FarmTls.Caller.Member(Optional<String> worker) -> {
        if (worker.filter(doors.outcasts()::contains).isPresent()) {
          Replies.text(request, 403, "worker " + worker.get() + " was evicted from this farm");
          return;
        }
        worker.ifPresent(id -> {
          if (connected.put(connection, id) == null) {
            connection.closeHandler(_ -> connected.remove(connection));
          }
        });
        handle(request);
      }
    }
  }

  /** What an evicted worker is getting just now ends too. */
  private void cutOff() {
    connected.forEach((connection, worker) -> {
      if (doors.outcasts().contains(worker)) {
        LOG.atWarn().addKeyValue("worker", worker).log("connection of an evicted worker ended");
        connection.close();
      }
    });
  }

  private void count(HttpServerRequest request) {
    request
        .response()
        .endHandler(_ ->
            meters.count(
                ProcessMetric.HTTP_REQUESTS,
                ProcessMetric.Status.of(request.response().getStatusCode())));
  }

  private void handle(HttpServerRequest request) {
    String path = request.path();
    count(request);
    if (request.method().equals(HttpMethod.POST)
        && path.startsWith(BLOBS)
        && path.endsWith(VERIFY)) {
      String digest = path.substring(BLOBS.length(), path.length() - VERIFY.length());
      authorized(request, BLOBS, digest, blobs::verify);
    } else if (!request.method().equals(HttpMethod.GET)
        && !request.method().equals(HttpMethod.HEAD)) {
      Replies.text(request, 405, "only GET and HEAD are known here");
    } else if (path.startsWith(LAYERS)) {
      authorized(request, LAYERS, path.substring(LAYERS.length()), tars::layer);
    } else if (path.startsWith(PARTS)) {
      authorized(request, PARTS, path.substring(PARTS.length()), tars::part);
    } else if (path.startsWith(MOUNTS)) {
      authorized(request, MOUNTS, path.substring(MOUNTS.length()), mounts::mount);
    } else if (path.startsWith(BLOBS)) {
      authorized(request, BLOBS, path.substring(BLOBS.length()), blobs::blob);
    } else if (doors.tls().isEmpty()) {
      health(request);
    } else {
      Replies.text(request, 404, "not found");
    }
  }

  private void health(HttpServerRequest request) {
    switch (request.path()) {
      // Gauges of the disk look at every record.
      case "/metrics" -> writers.submit(() -> scrape(request));
      case "/livez" -> Replies.text(request, 200, "ok");
      case "/readyz" -> {
        boolean joined = ready.getAsBoolean();
        Replies.text(request, joined ? 200 : 503, joined ? "ok" : "not joined to a coordinator");
      }
      default -> Replies.text(request, 404, "not found");
    }
  }

  private void scrape(HttpServerRequest request) {
    try {
      request
          .response()
          .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
          .end(metrics.scrape());
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("metrics not given");
      request.response().reset();
    }
  }

  private void countBytes(HttpServerRequest request, String prefix) {
    TransferMetric.Served what =
        switch (prefix) {
          case LAYERS -> TransferMetric.Served.LAYER;
          case PARTS -> TransferMetric.Served.PART;
          case MOUNTS -> TransferMetric.Served.MOUNT;
          default -> TransferMetric.Served.BLOB;
        };
    meters.add(TransferMetric.SERVED_BYTES, request.response().bytesWritten(), what);
  }

  private interface Sender {
    void send(String id, HttpServerRequest request);
  }

  private void authorized(HttpServerRequest request, String prefix, String encoded, Sender sender) {
    String id;
    try {
      id = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      Replies.text(request, 400, "the path is malformed");
      return;
    }
    String header = request.getHeader("Authorization");
    if (doors.keys().isEmpty()) {
      Replies.text(request, 503, "not joined to a coordinator");
      return;
    }
    try {
      String token =
          header != null && header.startsWith(BEARER) ? header.substring(BEARER.length()) : "";
      doors.keys().verify(token, prefix.substring(1) + id);
    } catch (SlipwayException e) {
      Replies.text(request, 403, e.getMessage());
      return;
    }
    request.response().closeHandler(_ -> countBytes(request, prefix));
    writers.submit(() -> {
      try {
        sender.send(id, request);
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).log("a peer's request ended by a defect");
        request.response().reset();
      }
    });
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
