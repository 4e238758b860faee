package dev.slipway.mounts;

import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.certificates.FarmTls;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.SpeedFloor;
import dev.slipway.http.WatchedStream;
import dev.slipway.layers.LayerApplier;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Copies over HTTP from other workers' servers. @ThreadSafe */
public final class MountTransfer implements MountPeers, AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  /**
   * How long neither an answer nor a byte may come: a step that waits longer for its cache is
   * better off without.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final FarmHttpClient http;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("mount-watch").factory());
  private final LayerApplier applier = new LayerApplier();

  /**
   * @param tls of the other workers' servers
   */
  public MountTransfer(Optional<FarmTls> tls) {
    this.http =
        new FarmHttpClient(
            tls,
            () ->
                HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT));
  }

  @Override
  public void bring(MountWish.Peer peer, Path directory)
      throws SlipwayException, InterruptedException {
    URI url = URI.create(peer.url());
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + peer.capability())
            .build();
    try {
      HttpResponse<InputStream> response =
          http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body =
          new BriskStream(new WatchedStream(response.body(), watch, PATIENCE))) {
        if (response.statusCode() != 200) {
          throw new SlipwayException(
              ErrorKind.UNAVAILABLE, url.getAuthority() + " answered " + response.statusCode());
        }
        applier.unpack(body, "the copy at " + url.getAuthority(), directory);
      }
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          url.getAuthority()
              + " did not give its copy: "
              + (e.getMessage() == null ? e.toString() : e.getMessage()),
          e);
    } finally {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  /** Fails when the bytes come too slowly to be worth waiting for. */
  private static final class BriskStream extends FilterInputStream {
    private final SpeedFloor floor = new SpeedFloor();

    BriskStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      long before = System.nanoTime();
      int count = in.read(buffer, offset, length);
      if (count > 0) {
        floor.read(count, System.nanoTime() - before);
        if (floor.isBelow()) {
          throw new IOException("it gives less than " + SpeedFloor.BYTES_PER_SECOND + " bytes/s");
        }
      }
      return count;
    }
  }

  @Override
  public void close() {
    http.close();
    watch.shutdownNow();
  }
}
