package dev.slipway.web.page;

import dev.slipway.http.ResponseStream;
import dev.slipway.progress.Changes;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server-sent events for open pages: each has a virtual thread that draws what it shows when the
 * farm has changed, at most once in {@link #PACE}, and sends it when it looks different. Nothing is
 * queued for a browser that reads slowly: it gets what is true when it has read. HTML Living
 * Standard, 9.2 Server-sent events. @ThreadSafe
 */
public final class EventStreams {
  private static final Logger log = LoggerFactory.getLogger(EventStreams.class);

  /** Open pages at once; each costs a thread, a connection and the drawing of its page. */
  static final int MAX_STREAMS = 200;

  /** Time between two looks of one page; faster than this nobody reads. */
  private static final Duration PACE = Duration.ofMillis(700);

  /** A line at least this often, so that a dead connection is found and proxies keep a live one. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  /** A browser comes back by itself after this, and is asked again who it is. */
  private static final Duration LIFETIME = Duration.ofMinutes(10);

  private final Changes changes;
  private final ExecutorService threads;
  private final Semaphore places = new Semaphore(MAX_STREAMS);

  /** What an open page is told. */
  interface Source {
    /** Sends what is new; called again when something may have changed. */
    void advance(Sink sink) throws IOException;

    /** How long to wait for a change before looking again all the same. */
    Duration patience();
  }

  EventStreams(Changes changes, ExecutorService threads) {
    this.changes = changes;
    this.threads = threads;
  }

  /** Pages that are followed now. */
  public int open() {
    return MAX_STREAMS - places.availablePermits();
  }

  /**
   * Answers the request with a stream of events, on its event loop. 503 when there are too many.
   */
  void open(RoutingContext context, Source source) {
    HttpServerResponse response = context.response();
    if (!places.tryAcquire()) {
      response
          .setStatusCode(503)
          .putHeader(HttpHeaders.RETRY_AFTER, "30")
          .end("too many pages are followed already\n");
      return;
    }
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader(HttpHeaders.CONTENT_ENCODING, "identity")
        .putHeader("X-Accel-Buffering", "no");
    ResponseStream out = new ResponseStream(response);
    threads.execute(() -> {
      try {
        follow(source, new Sink(out));
      } finally {
        places.release();
      }
    });
  }

  private void follow(Source source, Sink sink) {
    long end = System.nanoTime() + LIFETIME.toNanos();
    try {
      sink.retryAfter(Duration.ofSeconds(1));
      while (System.nanoTime() < end) {
        long seen = changes.version();
        source.advance(sink);
        if (sink.over) {
          break;
        }
        sink.beat(HEARTBEAT);
        Thread.sleep(PACE);
        changes.await(seen, shorter(source.patience(), HEARTBEAT));
      }
      sink.close();
    } catch (IOException e) {
      log.atDebug().addKeyValue("reason", e.getMessage()).log("page not followed any more");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("a page could not be drawn for those who follow it");
      sink.abandon();
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** The browser at the other end. Owned by one thread. */
  static final class Sink {
    private final ResponseStream out;
    private String shown = "";
    private boolean over;
    private long spokeAt = System.nanoTime();

    Sink(ResponseStream out) {
      this.out = out;
    }

    /** Replaces the changing part of the page, unless it looks as it did. */
    void show(String html) throws IOException {
      if (!html.equals(shown)) {
        send("show", "", html);
        shown = html;
      }
    }

    /**
     * Adds lines to the page's log.
     *
     * @param id what the browser will say it had when it comes back
     */
    void append(String id, String html) throws IOException {
      send("append", id, html);
    }

    /** Replaces the element that has the same id as the given one. */
    void part(String html) throws IOException {
      send("part", "", html);
    }

    /** Says that nothing comes any more; the stream ends. */
    void over() throws IOException {
      send("over", "", "");
      over = true;
    }

    private void send(String event, String id, String html) throws IOException {
      StringBuilder text = new StringBuilder(html.length() + 64).append("event: ").append(event);
      if (!id.isEmpty()) {
        text.append("\nid: ").append(id);
      }
      html.lines().forEach(line -> text.append("\ndata: ").append(line));
      if (html.isEmpty()) {
        text.append("\ndata: ");
      }
      write(text.append("\n\n").toString());
    }

    private void retryAfter(Duration time) throws IOException {
      write("retry: " + time.toMillis() + "\n\n");
    }

    private void beat(Duration silence) throws IOException {
      if (System.nanoTime() - spokeAt >= silence.toNanos()) {
        write(": still here\n\n");
      }
    }

    private void write(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
      spokeAt = System.nanoTime();
    }

    private void close() throws IOException {
      out.close();
    }

    private void abandon() {
      try {
        out.close();
      } catch (IOException _) {
        // It is over either way.
      }
    }
  }
}
