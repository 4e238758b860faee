package dev.slipway.enrolment;

import dev.slipway.certificates.JoinSecret;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What administrators call, as HTTP on a socket in the coordinator's folder: whoever may open the
 * file is one. So there is no credential that could be lost, and no worker or client reaches it
 * over a network. {@code POST /tokens?seconds=&once=}, {@code POST /workers/:name/evict}, {@code
 * /workers/:name/admit}, {@code GET /evicted}; answers are lines of text. It is done in either half
 * of a split too: the later decision about a worker wins when they meet. @ThreadSafe
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  /** Label with the name that people gave a worker. */
  private static final String NAME_LABEL = "dev.slipway.worker.name";

  /** Longest path of a socket on Linux (sockaddr_un). */
  private static final int MAX_PATH = 107;

  private static final int PATIENCE_SECONDS = 5;

  private final Parts parts;
  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * What it works on.
   *
   * @param tokens empty = the farm has no CA
   */
  public record Parts(Register register, Optional<JoinTokens> tokens, Fleet fleet) {}

  private AdminServer(Parts parts) {
    this.parts = parts;
  }

  /** Starts to listen. @throws SlipwayException UNAVAILABLE when it cannot */
  public static AdminServer start(Parts parts, Path socket)
      throws SlipwayException, InterruptedException {
    AdminServer server = new AdminServer(parts);
    try {
      server.listen(socket.toAbsolutePath());
      return server;
    } catch (ExecutionException | TimeoutException | IOException e) {
      server.close();
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "listening on " + socket + " failed: " + e, e);
    }
  }

  private void listen(Path socket)
      throws IOException, ExecutionException, TimeoutException, InterruptedException {
    if (socket.toString().length() > MAX_PATH) {
      log.atWarn()
          .addKeyValue("socket", socket)
          .log("this path is too long for a socket: workers cannot be evicted from here");
      return;
    }
    Files.deleteIfExists(socket); // of one that was killed
    Router router = Router.router(vertx);
    router.post("/tokens").handler(context -> answer(context, () -> token(context)));
    router.post("/workers/:name/evict").handler(context -> answer(context, () -> evict(context)));
    router.post("/workers/:name/admit").handler(context -> answer(context, () -> admit(context)));
    router
        .get("/evicted")
        .handler(context -> answer(context, () -> String.join("\n", parts.register().evicted())));
    vertx
        .createHttpServer()
        .requestHandler(router)
        .listen(SocketAddress.domainSocketAddress(socket.toString()))
        .toCompletionStage()
        .toCompletableFuture()
        .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
  }

  private interface Action {
    String run() throws SlipwayException;
  }

  private void answer(RoutingContext context, Action action) {
    blocking.execute(() -> {
      try {
        context.response().end(action.run() + "\n");
      } catch (SlipwayException e) {
        context.response().setStatusCode(status(e.kind())).end(e.getMessage() + "\n");
      } catch (RuntimeException e) {
        log.atError().setCause(e).log("an administrator's call ended by a defect");
        context.response().setStatusCode(500).end("the coordinator could not do it: " + e + "\n");
      }
    });
  }

  private static int status(ErrorKind kind) {
    return switch (kind) {
      case INVALID -> 400;
      case DENIED -> 403;
      case NOT_FOUND -> 404;
      case CONFLICT -> 409;
      case UNAVAILABLE, EXHAUSTED -> 503;
      case CANCELLED, UNSUPPORTED, INTERNAL -> 500;
    };
  }

  private String token(RoutingContext context) throws SlipwayException {
    JoinTokens tokens =
        parts
            .tokens()
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.INVALID,
                    "this farm makes no certificates for workers: it has no CA ([farm.ca],"
                        + " or up --farm-tls with a folder of `slipway certs farm`)"));
    JoinSecret made =
        tokens.make(
            seconds(context.queryParam("seconds")), context.queryParam("once").contains("true"));
    log.atInfo().addKeyValue("once", context.queryParam("once")).log("join token made");
    return made.text();
  }

  private static Duration seconds(List<String> given) throws SlipwayException {
    try {
      return Duration.ofSeconds(Long.parseLong(given.isEmpty() ? "" : given.getFirst()));
    } catch (NumberFormatException e) {
      throw new SlipwayException(ErrorKind.INVALID, "seconds must be a number", e);
    }
  }

  private String evict(RoutingContext context) throws SlipwayException {
    String id = id(context.pathParam("name"));
    parts.register().evict(id);
    return id;
  }

  /** One that is out is known by its id alone. */
  private String admit(RoutingContext context) throws SlipwayException {
    String id = context.pathParam("name");
    if (!parts.register().evicted().contains(id)) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "no worker " + id + " is evicted; there are: " + parts.register().evicted());
    }
    parts.register().admit(id);
    return id;
  }

  /** By the name that people gave it, or by its id; by that also one that is not there now. */
  private String id(String name) throws SlipwayException {
    if (parts.register().knows(name)) {
      return name;
    }
    List<WorkerNode> found =
        parts.fleet().workers().stream()
            .filter(
                worker -> worker.id().equals(name) || name.equals(worker.labels().get(NAME_LABEL)))
            .toList();
    if (found.size() != 1) {
      throw new SlipwayException(
          found.isEmpty() ? ErrorKind.NOT_FOUND : ErrorKind.CONFLICT,
          (found.isEmpty() ? "no worker is called " : "several workers are called ")
              + name
              + "; there are: "
              + parts.fleet().workers().stream()
                  .map(worker -> worker.id() + " " + worker.labels().getOrDefault(NAME_LABEL, ""))
                  .toList());
    }
    return found.getFirst().id();
  }

  @Override
  public void close() {
    blocking.shutdownNow();
    try {
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      log.atWarn().setCause(e).log("the administrators' socket was not closed in time");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
