package dev.slipway.web.page;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Style sheet, script and icon: served from memory under a path that names their contents. */
final class Assets {
  private static final Map<String, String> TYPES =
      Map.of(
          "slipway.css",
          "text/css; charset=utf-8",
          "live.js",
          "text/javascript; charset=utf-8",
          "icon.svg",
          "image/svg+xml");

  /** Letters of the digest that are in the path. */
  private static final int VERSION_LENGTH = 12;

  private final Map<String, Buffer> files = new TreeMap<>();
  private final String path;

  Assets() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String name : new TreeMap<>(TYPES).keySet()) {
        byte[] bytes = read(name);
        digest.update(bytes);
        files.put(name, Buffer.buffer(bytes));
      }
      String version = HexFormat.of().formatHex(digest.digest()).substring(0, VERSION_LENGTH);
      path = "/assets/" + version + "/";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The path before the files' names. */
  String path() {
    return path;
  }

  void serve(Router router) {
    router.get("/assets/:version/:name").handler(this::send);
  }

  private void send(RoutingContext context) {
    String name = context.pathParam("name");
    Buffer file = files.get(name);
    if (file == null) {
      context.next();
      return;
    }
    context
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, TYPES.get(name))
        .putHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=31536000, immutable")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(file);
  }

  private static byte[] read(String name) {
    try (InputStream in = Assets.class.getResourceAsStream("/dev/slipway/web/page/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
