package dev.slipway.mounts;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.LayerApplier;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

/** Copies over HTTP from other workers' servers. @ThreadSafe */
public final class MountTransfer implements MountPeers, AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  /** Until a peer's first byte: it begins to send before it has read anything. */
  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(5);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();
  private final LayerApplier applier = new LayerApplier();

  @Override
  public void bring(MountWish.Peer peer, Path directory)
      throws SlipwayException, InterruptedException {
    URI url = URI.create(peer.url());
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(RESPONSE_TIMEOUT)
            .header("Authorization", "Bearer " + peer.capability())
            .build();
    try {
      HttpResponse<InputStream> response =
          http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() != 200) {
          throw new SlipwayException(
              ErrorKind.UNAVAILABLE, url.getAuthority() + " answered " + response.statusCode());
        }
        applier.unpack(body, "its copy at " + url.getAuthority(), directory);
      }
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          url.getAuthority()
              + " did not give it: "
              + (e.getMessage() == null ? e.toString() : e.getMessage()),
          e);
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
