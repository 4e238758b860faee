package dev.slipway.web.page;

import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.history.BuildCard;
import dev.slipway.http.ResponseStream;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves pages, each at its path, and where it follows the farm its updates at {@code
 * <path>/events}. A page that another coordinator has is fetched from there. @ThreadSafe
 */
public final class Pages {
  private static final Logger log = LoggerFactory.getLogger(Pages.class);

  /** Scripts and styles of the page itself and nothing else; no forms, frames or other hosts. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private final PageParts parts;
  private final ExecutorService threads;
  private final Templates templates = new Templates();
  private final Assets assets = new Assets();
  private final EventStreams streams;
  private final OtherCoordinators elsewhere;

  /** What a page shows to whoever asks. */
  public interface Source {
    /**
     * Returns the page. Runs on a virtual thread and may block. @throws SlipwayException what is
     * told instead; NOT_FOUND also for what the viewer must not know of
     */
    View view(PageRequest request) throws SlipwayException, InterruptedException;
  }

  /** Which coordinator has what a page shows. */
  public interface Place {
    /** {@code host:port} of its page; empty when it is here, or nowhere. */
    Optional<String> elsewhere(PageRequest request);
  }

  /**
   * @param threads virtual ones, for what blocks
   */
  public Pages(PageParts parts, Vertx vertx, ExecutorService threads) {
    this.parts = parts;
    this.threads = threads;
    this.streams = new EventStreams(parts.changes(), threads);
    this.elsewhere = new OtherCoordinators(vertx, parts.plain());
  }

  /** Style sheet and script, which are everybody's. */
  public void serveAssets(Router router) {
    assets.serve(router);
  }

  /** All pages of the farm. */
  public void serve(Router router) {
    router.get("/").handler(context -> redirect(context, Section.BUILDS.path()));
    add(router, "/builds", new BuildsPage(parts));
    add(router, "/builds/:id", new BuildPage(parts), this::ofBuild);
    LogPage log = new LogPage(parts);
    router
        .get("/builds/:id/log/events")
        .handler(context -> here(context, this::ofBuild, () -> follow(context, log)));
    add(router, "/builds/:id/log", log, this::ofBuild);
    text(router, "/builds/:id/log.txt", log);
    text(router, "/api/v1/builds/:id/logs", log);
    add(router, "/builds/:id/graph", new GraphPage(parts), this::ofBuild);
    add(router, "/workers", new WorkersPage(parts));
    add(router, "/queue", new QueuePage(parts), this::ofQueue);
    add(router, "/cache", new CachePage(parts));
  }

  /** A build that is not here is at the coordinator that its card names. */
  public Optional<String> ofBuild(PageRequest request) {
    String id = request.parameter("id");
    return parts.builds().find(id).isPresent()
        ? Optional.empty()
        : parts
            .history()
            .card(id)
            .filter(
                card -> !card.coordinator().equals(parts.self()) && parts.history().isLive(card))
            .map(BuildCard::address);
  }

  /** The queue is at the oldest coordinator. */
  public Optional<String> ofQueue(PageRequest request) {
    return parts.coordinators().get().stream()
        .findFirst()
        .filter(oldest -> !oldest.id().equals(parts.self()))
        .map(CoordinatorRecord::httpAddress);
  }

  /** Pages that are followed now. */
  public EventStreams streams() {
    return streams;
  }

  /** Serves a page that every coordinator has. */
  public void add(Router router, String path, Source source) {
    add(router, path, source, _ -> Optional.empty());
  }

  /** Serves a page. */
  void add(Router router, String path, Source source, Place place) {
    router.get(path).handler(context -> here(context, place, () -> send(context, source)));
    router
        .get(path + "/events")
        .handler(context -> here(context, place, () -> follow(context, source)));
  }

  public interface Work {
    void run() throws IOException;
  }

  /**
   * Does the work on a virtual thread, unless the page is at another coordinator. The request was
   * paused when it was let in: it may have to be passed on as it came.
   */
  public void here(RoutingContext context, Place place, Work work) {
    PageRequest request = PageRequest.of(context);
    threads.execute(() -> {
      Optional<String> other =
          elsewhere.passedOn(context) ? Optional.empty() : place.elsewhere(request);
      try {
        if (other.isPresent()) {
          elsewhere.pass(context, other.get());
        } else {
          context.vertx().runOnContext(_ -> context.request().resume());
          work.run();
        }
      } catch (SlipwayException e) {
        refuse(context, e);
      } catch (IOException | RuntimeException e) {
        context.fail(e);
      }
    });
  }

  private void send(RoutingContext context, Source source) {
    View view;
    try {
      view = source.view(PageRequest.of(context));
    } catch (SlipwayException e) {
      refuse(context, e);
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      context.fail(503);
      return;
    }
    html(context, 200, view, view.refresh().isPresent());
  }

  private void follow(RoutingContext context, LogPage log) {
    PageRequest request = PageRequest.of(context);
    String known = request.query("after");
    boolean number =
        !known.isEmpty() && known.length() < 19 && known.chars().allMatch(Character::isDigit);
    try {
      EventStreams.Source source =
          log.follow(request, templates, number ? Long.parseLong(known) : 0);
      context.vertx().runOnContext(_ -> streams.open(context, source));
    } catch (SlipwayException e) {
      refuse(context, e);
    }
  }

  private void text(Router router, String path, LogPage log) {
    router.get(path).handler(context -> here(context, this::ofBuild, () -> text(context, log)));
  }

  private void text(RoutingContext context, LogPage log) throws IOException {
    PageRequest request = PageRequest.of(context);
    CompletableFuture<ResponseStream> opened = new CompletableFuture<>();
    context.vertx().runOnContext(_ -> opened.complete(new ResponseStream(context.response())));
    ResponseStream out = opened.join();
    try {
      log.text(
          request,
          text -> {
            if (!context.response().headWritten()) {
              protect(context.response())
                  .setChunked(true)
                  .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8");
            }
            out.write(text.getBytes(StandardCharsets.UTF_8));
          });
      if (!context.response().headWritten()) {
        protect(context.response())
            .setChunked(true)
            .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8");
      }
      out.close();
    } catch (SlipwayException e) {
      refuse(context, e);
    }
  }

  private void follow(RoutingContext context, Source source) {
    PageRequest request = PageRequest.of(context);
    context
        .vertx()
        .runOnContext(_ -> streams.open(context, new ViewSource(source, request, templates)));
  }

  /** Answers with a page that says what is wrong. */
  void refuse(RoutingContext context, SlipwayException error) {
    int status = status(error.kind());
    if (status >= 500) {
      log.atWarn()
          .addKeyValue("path", context.normalizedPath())
          .addKeyValue("reason", error.getMessage())
          .log("page not made");
    }
    html(
        context,
        status,
        View.still("Not shown", Section.BUILDS, "error", error.getMessage()),
        false);
  }

  /** What HTTP says of such an error. */
  public static int status(ErrorKind kind) {
    return switch (kind) {
      case INVALID, UNSUPPORTED -> 400;
      case NOT_FOUND -> 404;
      case DENIED -> 403;
      case CONFLICT -> 409;
      case EXHAUSTED, UNAVAILABLE, CANCELLED -> 503;
      case INTERNAL -> 500;
    };
  }

  private void html(RoutingContext context, int status, View view, boolean live) {
    PageRequest request = PageRequest.of(context);
    String query = context.request().query();
    String events = live ? request.path() + "/events" + (query == null ? "" : "?" + query) : "";
    Layout layout =
        new Layout(
            view.title(),
            view.section(),
            request.viewer(),
            events,
            parts.address(),
            parts.others(),
            assets.path());
    HttpServerResponse response = context.response();
    protect(response)
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
        .end(templates.page(view, layout));
  }

  /** Headers for everything that shows what clients wrote. */
  static HttpServerResponse protect(HttpServerResponse response) {
    return response
        .putHeader("Content-Security-Policy", POLICY)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "same-origin")
        .putHeader("Cross-Origin-Opener-Policy", "same-origin")
        .putHeader("Cross-Origin-Resource-Policy", "same-origin")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  private static void redirect(RoutingContext context, String path) {
    context.response().setStatusCode(302).putHeader(HttpHeaders.LOCATION, path).end();
  }

  /** A page whose changing part is drawn again and again. Owned by its stream's thread. */
  private static final class ViewSource implements EventStreams.Source {
    private final Source source;
    private final PageRequest request;
    private final Templates templates;
    private Duration patience = Duration.ofSeconds(1);

    ViewSource(Source source, PageRequest request, Templates templates) {
      this.source = source;
      this.request = request;
      this.templates = templates;
    }

    @Override
    public void advance(EventStreams.Sink sink) throws IOException {
      try {
        View view = source.view(request);
        sink.show(templates.body(view));
        if (view.refresh().isEmpty()) {
          sink.over();
        } else {
          patience = view.refresh().get();
        }
      } catch (SlipwayException e) {
        throw new IOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }

    @Override
    public Duration patience() {
      return patience;
    }
  }
}
