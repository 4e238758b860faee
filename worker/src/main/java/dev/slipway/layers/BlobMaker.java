package dev.slipway.layers;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.DiskFull;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredBlob;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import dev.slipway.telemetry.WorkerMetric;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the gzip blob of a layer, once; the bytes are in {@link StoredLayer#blobFile()}. One pass:
 * tar, digest, compression in parallel, digest, file. @ThreadSafe
 */
public final class BlobMaker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BlobMaker.class);

  /** Media type of what is made. OCI image-spec v1.1. */
  public static final String MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

  private final SnapshotStore store;
  private final Meters meters;
  private final LayerTarWriter tars = new LayerTarWriter();
  private final GzipMember members = GzipMember.fastest();
  private final int threadCount = Runtime.getRuntime().availableProcessors();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          threadCount, Thread.ofPlatform().daemon().name("gzip-", 0).factory());

  /** Held while a layer's blob is made, so that it is made once. */
  private final Map<String, ReentrantLock> making = new ConcurrentHashMap<>();

  public BlobMaker(SnapshotStore store, Meters meters) {
    this.store = store;
    this.meters = meters;
  }

  /** The layer with its {@code diffId} and {@code blob} present. NOT_FOUND when it is not here. */
  public StoredLayer make(String layerId) throws SlipwayException {
    try (Pin _ = store.pin(List.of(layerId))) {
      ReentrantLock lock = making.computeIfAbsent(layerId, _ -> new ReentrantLock());
      lock.lock();
      try {
        StoredLayer layer = store.find(layerId).orElseThrow();
        return layer.blob().isPresent() && layer.diffId().isPresent() ? layer : compress(layer);
      } finally {
        lock.unlock();
        making.remove(layerId, lock);
      }
    }
  }

  private StoredLayer compress(StoredLayer layer) throws SlipwayException {
    Path file = layer.blobFile();
    Path half = file.resolveSibling("blob." + Thread.currentThread().threadId());
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.PACKING);
        OutputStream out = Files.newOutputStream(half);
        ParallelGzip gzip = new ParallelGzip(out, threads, threadCount + 2, members)) {
      Digest diffId = tars.write(layer, gzip);
      gzip.finish();
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
      meters.add(TransferMetric.PACKED_BYTES, gzip.size());
      return store.describe(
          layer.id(), diffId, Optional.of(new StoredBlob(MEDIA_TYPE, gzip.digest(), gzip.size())));
    } catch (IOException e) {
      throw new SlipwayException(
          DiskFull.caused(e) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
          "compression of layer " + layer.id() + " failed: " + e.getMessage(),
          e);
    } finally {
      discard(half);
    }
  }

  /** Half a blob must not stay on a disk that is counted to the byte. */
  private static void discard(Path half) {
    try {
      Files.deleteIfExists(half);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("path", half)
          .setCause(e)
          .log("half-made blob not removed, will be at the next start");
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
