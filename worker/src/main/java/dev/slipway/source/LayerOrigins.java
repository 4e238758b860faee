package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.LayerApplier;
import dev.slipway.linux.DiskFull;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredBlob;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Takes one layer from the first of its origins that gives it: peers, the coordinator,
 * registries. @ThreadSafe
 */
final class LayerOrigins implements AutoCloseable {
  /** Downloads at once: enough to fill a link, few enough for a registry's patience. */
  private static final int MAX_DOWNLOADS = 6;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** Until a peer's first byte: it may have to read its disk first. */
  private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(60);

  private static final String PLAIN_TAR = "application/vnd.oci.image.layer.v1.tar";
  private static final int BUFFER = 128 << 10;

  private final SnapshotStore store;
  private final LayerApplier applier;
  private final BlobTransfer transfer;
  private final Path scratch;
  private final InstantSource clock;
  private final Meters meters;
  private final Semaphore downloads = new Semaphore(MAX_DOWNLOADS);
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /**
   * @param scratch on the store's file system, for blobs on their way
   */
  LayerOrigins(
      SnapshotStore store,
      LayerApplier applier,
      BlobTransfer transfer,
      Path scratch,
      InstantSource clock,
      Meters meters) {
    this.store = store;
    this.applier = applier;
    this.transfer = transfer;
    this.scratch = scratch;
    this.clock = clock;
    this.meters = meters;
  }

  /**
   * Waits until the layers below are here, as far as they come; a layer's implied directories take
   * their attributes.
   */
  interface Below {
    void await() throws InterruptedException;
  }

  /**
   * Brings the layer.
   *
   * @param belowIds the chain under it
   * @throws SlipwayException UNAVAILABLE with each origin's answer; INVALID when the image itself
   *     is refused; EXHAUSTED when the disk is full
   */
  StoredLayer bring(
      Layer layer, List<String> belowIds, Below below, TransferProgress progress, Moved moved)
      throws SlipwayException, InterruptedException {
    List<String> failures = new ArrayList<>();
    for (String url : plainTars(layer)) {
      below.await();
      try {
        return fromHttp(layer, url, belowIds, progress, moved);
      } catch (SlipwayException | IOException e) {
        failures.add(failure(e));
      }
    }
    if (layer.hasBlob() && layer.getBlob().getSourcesCount() > 0) {
      try {
        return fromRegistry(layer, belowIds, below, progress, moved);
      } catch (SlipwayException | IOException e) {
        if (e instanceof SlipwayException refused && refused.kind() == ErrorKind.INVALID) {
          // Its bytes are what the image's author pushed: no other place has better ones.
          throw refused;
        }
        failures.add(failure(e));
      }
    }
    throw new SlipwayException(
        ErrorKind.UNAVAILABLE,
        "fetch of layer "
            + layer.getId()
            + " failed: "
            + (failures.isEmpty() ? "nobody has it" : String.join("; ", failures)));
  }

  private static List<String> plainTars(Layer layer) {
    List<String> urls = new ArrayList<>(layer.getPeerUrlsList());
    if (!layer.getTreeUrl().isEmpty()) {
      urls.add(layer.getTreeUrl());
    }
    return urls;
  }

  /**
   * A failure that lies with this worker must not look like an origin's, or the layer would be
   * declared lost.
   */
  private static String failure(Exception e) throws SlipwayException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (e instanceof SlipwayException known && known.kind() == ErrorKind.EXHAUSTED) {
      throw known;
    }
    if (DiskFull.caused(e)) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "a layer found no room on the disk: " + e.getMessage(), e);
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private StoredLayer fromHttp(
      Layer layer, String url, List<String> belowIds, TransferProgress progress, Moved moved)
      throws SlipwayException, IOException, InterruptedException {
    downloads.acquire();
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url))
              .timeout(RESPONSE_TIMEOUT)
              .header("Authorization", "Bearer " + layer.getCapability())
              .build();
      HttpResponse<InputStream> response =
          http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body();
          Meters.Ongoing _ = meters.phase(Meters.Phase.TRANSFERRING)) {
        if (response.statusCode() != 200) {
          throw new SlipwayException(
              ErrorKind.UNAVAILABLE,
              URI.create(url).getAuthority() + " answered " + response.statusCode());
        }
        boolean tree = url.equals(layer.getTreeUrl());
        StatusLine line =
            StatusLine.start(
                tree ? TransferProgress.NONE : progress,
                clock,
                "transferring " + layer.getId(),
                layer.getSize());
        CountingStream counted = new CountingStream(body, line);
        StoredLayer stored = apply(layer, counted, PLAIN_TAR, belowIds);
        count(
            tree ? Meters.TransferPath.COORDINATOR : Meters.TransferPath.PEER,
            counted.count,
            moved);
        line.done();
        return stored;
      }
    } finally {
      downloads.release();
    }
  }

  private StoredLayer fromRegistry(
      Layer layer, List<String> belowIds, Below below, TransferProgress progress, Moved moved)
      throws SlipwayException, IOException, InterruptedException {
    Digest digest = new Digest(layer.getBlob().getDigest());
    long size = layer.getBlob().getSize();
    Path file = Files.createTempFile(scratch, "blob-", "");
    try {
      downloads.acquire();
      try {
        StatusLine line = StatusLine.start(progress, clock, digest.value(), size);
        try (Meters.Ongoing _ = meters.phase(Meters.Phase.PULLING)) {
          transfer.download(blob(layer), file, line::at);
        }
        line.done();
        count(Meters.TransferPath.REGISTRY, Files.size(file), moved);
      } finally {
        downloads.release();
      }
      below.await();
      StatusLine line = StatusLine.start(progress, clock, "extracting " + digest.value(), 0);
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
        apply(layer, in, layer.getBlob().getMediaType(), belowIds);
      }
      StoredLayer stored = keepBlob(layer, digest, file);
      line.done();
      return stored;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void count(Meters.TransferPath path, long bytes, Moved moved) {
    meters.layerTransfer(path, bytes);
    moved.add(path, bytes);
  }

  static BlobTransfer.Blob blob(Layer layer) {
    return new BlobTransfer.Blob(
        new Digest(layer.getBlob().getDigest()),
        layer.getBlob().getSize() > 0 ? layer.getBlob().getSize() : -1,
        layer.getBlob().getSourcesList().stream()
            .map(source ->
                new BlobTransfer.Source(
                    URI.create(source.getUrl()),
                    source.getAuthorization(),
                    source.getInsecureTls()))
            .toList());
  }

  private StoredLayer apply(Layer layer, InputStream in, String mediaType, List<String> belowIds)
      throws SlipwayException {
    Optional<Digest> expected =
        layer.getDiffId().isEmpty() ? Optional.empty() : Optional.of(new Digest(layer.getDiffId()));
    try (LayerWriter writer = store.prepare(layer.getId(), belowIds)) {
      return applier.apply(in, mediaType, writer, expected);
    }
  }

  /**
   * The compressed form is at hand: a push of the same layer to another registry needs these very
   * bytes.
   */
  private StoredLayer keepBlob(Layer layer, Digest digest, Path file)
      throws SlipwayException, IOException {
    StoredLayer stored =
        store
            .find(layer.getId())
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.INTERNAL,
                    "layer " + layer.getId() + " vanished after it was applied"));
    if (stored.blob().isPresent() || stored.diffId().isEmpty()) {
      return stored;
    }
    long size = Files.size(file);
    Files.move(file, stored.blobFile(), StandardCopyOption.ATOMIC_MOVE);
    return store.describe(
        layer.getId(),
        stored.diffId().get(),
        Optional.of(new StoredBlob(layer.getBlob().getMediaType(), digest, size)));
  }

  @Override
  public void close() {
    http.close();
  }

  /** Counts what is read. */
  private static final class CountingStream extends BufferedInputStream {
    private final StatusLine line;
    private long count;

    CountingStream(InputStream in, StatusLine line) {
      super(in, BUFFER);
      this.line = line;
    }

    @Override
    public synchronized int read(byte[] buffer, int offset, int length) throws IOException {
      int read = super.read(buffer, offset, length);
      if (read > 0) {
        count += read;
        line.at(count);
      }
      return read;
    }
  }
}
