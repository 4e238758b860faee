package dev.slipway.source;

import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.certificates.FarmTls;
import dev.slipway.http.WatchedStream;
import dev.slipway.oci.Digest;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.snapshot.RootAttributes;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests to other workers, and to the coordinator for tars. Blocking. @ThreadSafe */
final class PeerClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerClient.class);

  /** Header of the digest of the tar that a worker has sent. */
  static final String TAR_DIGEST = "Slipway-Tar-Digest";

  /** A machine that is gone does not even refuse; in a farm that is ordinary. */
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  /** Of small questions. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(4);

  /** A sender reads what it skips: as slow as a disk that does nothing else. */
  private static final long SKIPPED_PER_SECOND = 50L << 20;

  private final FarmHttpClient http;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("peer-watch").factory());

  /**
   * @param tls of the others' servers
   */
  PeerClient(Optional<FarmTls> tls) {
    this.http =
        new FarmHttpClient(
            tls,
            () ->
                HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT));
  }

  /** An answer whose body the caller closes. */
  record Answer(int status, String range, Optional<RootAttributes> root, InputStream body) {}

  /**
   * Asks for the tar from the byte on.
   *
   * @param patience how long neither an answer nor a byte may come
   */
  Answer tar(TarOrigin origin, long from, Duration patience)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(origin.url())
            .timeout(patience.plusSeconds(from / SKIPPED_PER_SECOND))
            .header("Authorization", "Bearer " + origin.capability());
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    HttpResponse<InputStream> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    return new Answer(
        response.statusCode(),
        response.headers().firstValue("content-range").orElse(""),
        response.headers().firstValue(RootAttributes.HEADER).flatMap(RootAttributes::parse),
        new WatchedStream(response.body(), watch, patience));
  }

  /** The digest of the tar that the worker has sent whole before; empty when it does not know. */
  Optional<Digest> tarDigest(TarOrigin origin) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(origin.url())
            .timeout(ANSWER_TIMEOUT)
            .header("Authorization", "Bearer " + origin.capability())
            .HEAD()
            .build();
    return http.send(request, HttpResponse.BodyHandlers.discarding())
        .headers()
        .firstValue(TAR_DIGEST)
        .filter(Digest::isDigest)
        .map(Digest::new);
  }

  /** Tells a worker that its blob is not what its digest says, so that it looks at it. */
  void doubtBlob(BlobTransfer.Source source) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(source.url() + "/verify"))
            .timeout(ANSWER_TIMEOUT)
            .header("Authorization", source.authorization())
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      LOG.atWarn()
          .addKeyValue("source", source)
          .addKeyValue("answer", status)
          .log("a worker gave a corrupt blob and was told to look at it");
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("source", source)
          .addKeyValue("reason", e.toString())
          .log("a worker gave a corrupt blob and could not be told");
    }
  }

  @Override
  public void close() {
    http.close();
    watch.shutdownNow();
  }
}
