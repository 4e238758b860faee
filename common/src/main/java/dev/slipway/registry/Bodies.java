package dev.slipway.registry;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;

/** Small response bodies. */
final class Bodies {
  /** A connection whose answer is longer than this is cheaper to drop than to drain. */
  private static final int MOST_TO_DRAIN = 64 * 1024;

  private Bodies() {}

  /** Reads what is left, so that the connection can be used again. */
  static void discard(HttpResponse<InputStream> response) {
    try (InputStream body = response.body()) {
      body.readNBytes(MOST_TO_DRAIN);
    } catch (IOException e) {
      // The connection is gone; the next request opens another.
    }
  }

  /**
   * The whole body. @throws SlipwayException EXHAUSTED when it is longer than {@code limit} bytes
   */
  static byte[] read(HttpResponse<InputStream> response, int limit, String what)
      throws IOException, SlipwayException {
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED, what + " failed: the answer is longer than " + limit + " bytes");
      }
      return bytes;
    }
  }
}
