package dev.slipway.peer;

import dev.slipway.error.SlipwayException;
import dev.slipway.http.ResponseStream;
import dev.slipway.layers.LiveTarWriter;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.MountReading;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers with the newest copy of a cache mount as it is now; steps may be writing to it.
 * Blocking. @ThreadSafe
 */
final class MountReplies {
  private static final Logger LOG = LoggerFactory.getLogger(MountReplies.class);

  private final CacheMounts mounts;
  private final LiveTarWriter tars = new LiveTarWriter();

  MountReplies(CacheMounts mounts) {
    this.mounts = mounts;
  }

  void mount(String id, HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.GET)) {
      Replies.text(request, 405, "only GET is known here");
      return;
    }
    try (MountReading reading = mounts.read(id)) {
      request.response().setChunked(true).putHeader("Content-Type", "application/x-tar");
      ResponseStream body = new ResponseStream(request.response());
      tars.write(reading.directory(), body);
      body.close();
    } catch (SlipwayException e) {
      Replies.text(request, 404, e.getMessage());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("mount", id)
          .addKeyValue("error", e.getMessage())
          .log("cache mount not sent to a peer");
      Replies.abort(request, e.getMessage());
    }
  }
}
