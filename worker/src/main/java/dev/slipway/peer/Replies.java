package dev.slipway.peer;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What all replies have in common. */
final class Replies {
  /** The only form that anybody here asks in. */
  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{1,18})-");

  private Replies() {}

  /** The byte to begin with; 0 when the request has no range, or one that is not served. */
  static long rangeStart(HttpServerRequest request) {
    String range = request.getHeader("Range");
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
  }

  static void text(HttpServerRequest request, int status, String text) {
    HttpServerResponse response = request.response();
    response.headers().remove("Content-Range");
    response
        .setChunked(false)
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .end(text + "\n");
  }

  /** A body that has begun can only be broken off, so that nobody takes it for whole. */
  static void abort(HttpServerRequest request, String message) {
    if (request.response().headWritten()) {
      request.response().reset();
    } else {
      text(request, 500, message);
    }
  }
}
