package dev.slipway.web;

import dev.slipway.certificates.FarmTls;
import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.ResponseStream;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.Capability;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What workers fetch from a coordinator, with a capability token: {@code /trees/<layer digest>} and
 * {@code /relay/<offer>}. Where the farm has TLS they show their certificates too. docs/http.md.
 */
final class WorkerFiles implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WorkerFiles.class);

  private static final String BEARER = "Bearer ";

  /**
   * Trees sent at once; each costs a virtual thread and a buffer, and the network is shared anyway.
   */
  private static final int MAX_TREES = 64;

  private final Parts parts;
  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("worker-files-", 0).factory());
  private final Semaphore trees = new Semaphore(MAX_TREES);

  /**
   * What is served, and to whom.
   *
   * @param verifier of the tokens that the fleet gives to workers
   * @param tls of the server; empty = plain text
   * @param evicted ids of workers that get nothing
   */
  record Parts(
      TreeShelf trees,
      RelayedBlobs relayed,
      Capability.Verifier verifier,
      Optional<FarmTls> tls,
      Supplier<Set<String>> evicted,
      Clock clock) {}

  WorkerFiles(Parts parts) {
    this.parts = parts;
  }

  void routes(Router router) {
    router.get("/trees/:id").handler(this::tree);
    router.get("/relay/:id").handler(this::relay);
  }

  /** Whether the caller may have what the token is for; if not, it has got its answer. */
  private boolean isLetIn(RoutingContext context, String resource) {
    if (parts.tls().isPresent()) {
      switch (parts.tls().get().judge(context.request().connection().sslSession())) {
        case FarmTls.Caller.Refused(String reason) -> {
          context.response().setStatusCode(401).end(reason + "\n");
          return false;
        }
        case FarmTls.Caller.Member(Optional<String> worker) -> {
          if (worker.filter(parts.evicted().get()::contains).isPresent()) {
            context.response().setStatusCode(403).end("this worker was evicted\n");
            return false;
          }
        }
      }
    }
    try {
      parts.verifier().verify(bearer(context), resource, parts.clock().instant());
      return true;
    } catch (SlipwayException e) {
      context.response().setStatusCode(403).end(e.getMessage() + "\n");
      return false;
    }
  }

  private void tree(RoutingContext context) {
    String id = context.pathParam("id");
    HttpServerResponse response = context.response();
    if (!isLetIn(context, "trees/" + id)) {
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
    if (!isLetIn(context, resource)) {
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

  @Override
  public void close() {
    blocking.shutdownNow();
  }
}
