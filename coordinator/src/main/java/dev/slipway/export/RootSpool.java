package dev.slipway.export;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.certificates.FarmHttpClient;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.WatchedStream;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.FetchLayers;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.protocol.worker.PathSelector;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.SolvedResult;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Brings the whole file system of a result here, as the plain tar that a worker makes of it,
 * verified by the worker's digest. It is whole before a client gets the first byte. @ThreadSafe
 */
final class RootSpool implements AutoCloseable {
  /** Of one file system: what a coordinator's disk can be asked to take besides its own. */
  private static final long MOST_BYTES = 64L << 30;

  /** Workers that are tried: two that fail in a row are no accident. */
  private static final int MOST_WORKERS = 3;

  /** Fetching a large base image over a slow line takes this long. */
  private static final Duration FETCH_PATIENCE = Duration.ofMinutes(30);

  /** Neither an answer nor a byte for so long: mounting 500 layers takes a second. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final int BUFFER = 256 << 10;

  /** Headers and parameters of workers' servers; see the worker's TarReplies and Parts. */
  private static final String TAR_DIGEST = "Slipway-Tar-Digest";

  private static final String PART = "part:";

  private final ExportParts parts;
  private final FarmHttpClient http;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("export-watch").factory());

  RootSpool(ExportParts parts) {
    this.parts = parts;
    this.http =
        new FarmHttpClient(
            parts.tls(),
            () ->
                HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT));
  }

  /**
   * @param result empty = scratch
   * @return the tar; an empty file for scratch
   */
  Path fetch(Optional<SolvedResult> result, BuildContext build, Scratch scratch)
      throws SlipwayException, InterruptedException {
    Path file = scratch.file();
    if (result.isEmpty() || result.get().chain().layers().isEmpty()) {
      return file;
    }
    if (result.get().tree().isPresent()) {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER)) {
        result.get().tree().get().writeTar(out);
        return file;
      } catch (IOException e) {
        throw Scratch.failed(e);
      }
    }
    List<String> layers = result.get().chain().layers();
    Set<String> tried = new HashSet<>();
    while (true) {
      String worker = worker(layers, tried);
      try {
        prepare(worker, layers, build);
        download(worker, layers, file);
        return file;
      } catch (SlipwayException e) {
        tried.add(worker);
        if (e.kind() != ErrorKind.UNAVAILABLE || tried.size() >= MOST_WORKERS) {
          throw e;
        }
      }
    }
  }

  /** Who holds most of the layers. */
  private String worker(List<String> layers, Set<String> tried) throws SlipwayException {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    return parts.fleet().workers().stream()
        .map(node -> node.id())
        .filter(id -> !tried.contains(id))
        .max(
            Comparator.comparingLong((String id) ->
                    layers.stream()
                        .filter(layer ->
                            known.containsKey(layer) && known.get(layer).holders().contains(id))
                        .count())
                .thenComparing(Comparator.<String>naturalOrder().reversed()))
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.UNAVAILABLE,
                "no worker is there to export the files: start one, or wait until one has joined"));
  }

  /**
   * Sees to it that the worker has all layers. They are not held: they are mounted within the
   * second, and one that goes in between makes the next worker's turn.
   */
  private void prepare(String worker, List<String> layers, BuildContext build)
      throws SlipwayException, InterruptedException {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    boolean whole =
        layers.stream()
            .allMatch(
                layer -> known.containsKey(layer) && known.get(layer).holders().contains(worker));
    if (whole) {
      return;
    }
    var chain =
        dev.slipway.protocol.worker.LayerChain.newBuilder()
            .addAllLayers(parts.references().describe(new LayerChain(layers), build, worker));
    parts
        .fleet()
        .ask(
            worker,
            Ask.newBuilder().setFetchLayers(FetchLayers.newBuilder().addChains(chain)).build(),
            FETCH_PATIENCE);
  }

  private void download(String worker, List<String> layers, Path file)
      throws SlipwayException, InterruptedException {
    PartRequest wanted =
        PartRequest.newBuilder()
            .addAllLayerIds(layers)
            .addSelectors(PathSelector.newBuilder().setPath("/"))
            .build();
    String id = PART + Digest.of(wanted.toByteArray());
    String base =
        parts.fleet().worker(worker).orElseThrow(() -> gone(worker, "it has left")).blobUrl();
    URI url =
        URI.create(
            base
                + "/parts/"
                + URLEncoder.encode(id, StandardCharsets.UTF_8)
                + "?request="
                + Base64.getUrlEncoder().withoutPadding().encodeToString(wanted.toByteArray()));
    String token = "Bearer " + parts.fleet().capability("parts/" + id);
    try {
      Digest received = receive(url, token, worker, file);
      HttpResponse<Void> head =
          http.send(request(url, token).HEAD().build(), HttpResponse.BodyHandlers.discarding());
      String sent = head.headers().firstValue(TAR_DIGEST).orElse("");
      if (!sent.equals(received.value())) {
        throw gone(worker, "what came is not what it sent: " + received + " instead of " + sent);
      }
    } catch (IOException e) {
      throw gone(worker, e.getMessage());
    }
  }

  private static HttpRequest.Builder request(URI url, String token) {
    return HttpRequest.newBuilder(url).timeout(PATIENCE).header("Authorization", token);
  }

  private Digest receive(URI url, String token, String worker, Path file)
      throws SlipwayException, IOException, InterruptedException {
    HttpResponse<InputStream> answer =
        http.send(request(url, token).build(), HttpResponse.BodyHandlers.ofInputStream());
    MessageDigest digest = Digest.sha256();
    try (InputStream in = new WatchedStream(answer.body(), watch, PATIENCE);
        OutputStream out = Files.newOutputStream(file)) {
      if (answer.statusCode() != 200) {
        throw gone(worker, "it answered " + answer.statusCode());
      }
      byte[] buffer = new byte[BUFFER];
      long bytes = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (Thread.interrupted()) {
          throw new InterruptedException("export was interrupted");
        }
        bytes += count;
        if (bytes > MOST_BYTES) {
          throw new SlipwayException(
              ErrorKind.EXHAUSTED,
              "the files have more than the " + MOST_BYTES + " bytes of an export");
        }
        digest.update(buffer, 0, count);
        out.write(buffer, 0, count);
      }
    }
    return Digest.ofHash(digest.digest());
  }

  private static SlipwayException gone(String worker, String why) {
    return new SlipwayException(
        ErrorKind.UNAVAILABLE,
        "files of the result were not got from worker " + worker + ": " + why);
  }

  @Override
  public void close() {
    http.close();
    watch.shutdownNow();
  }
}
