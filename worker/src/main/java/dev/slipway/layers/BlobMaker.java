package dev.slipway.layers;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.DiskFull;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredBlob;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.snapshot.StoredVariant;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import dev.slipway.telemetry.WorkerMetric;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the blob of a layer, once for each way of packing; the bytes of the usual one are in {@link
 * StoredLayer#blobFile()}, those of others in {@link StoredLayer#variantFile}. One pass: tar,
 * digest, compression in parallel where it can be, digest, file. @ThreadSafe
 */
public final class BlobMaker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BlobMaker.class);

  private final SnapshotStore store;
  private final Meters meters;
  private final LayerLimits limits;
  private final LayerTarWriter tars = new LayerTarWriter();
  private final int threadCount = Runtime.getRuntime().availableProcessors();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          threadCount, Thread.ofPlatform().daemon().name("gzip-", 0).factory());

  /** Compressors keep memory for each thread, so there is one of each level. */
  private final Map<Integer, GzipMember> members = new ConcurrentHashMap<>();

  /** Held while a blob is made, so that it is made once. */
  private final Map<String, ReentrantLock> making = new ConcurrentHashMap<>();

  public BlobMaker(SnapshotStore store, Meters meters) {
    this(store, meters, LayerLimits.DEFAULT);
  }

  /**
   * @param limits of images' layers that are unpacked to be packed in another way
   */
  public BlobMaker(SnapshotStore store, Meters meters, LayerLimits limits) {
    this.store = store;
    this.meters = meters;
    this.limits = limits;
  }

  /** What was made, and where it is. */
  public record Made(Digest diffId, StoredBlob blob, Path file) {}

  /** The layer with its {@code diffId} and {@code blob} present. NOT_FOUND when it is not here. */
  public StoredLayer make(String layerId) throws SlipwayException {
    return once(
        layerId,
        "",
        layer ->
            layer.blob().isPresent() && layer.diffId().isPresent()
                ? layer
                : compress(layer, tar -> tars.write(layer, tar)));
  }

  /**
   * Packs a layer of the farm's own in this way.
   *
   * @throws SlipwayException NOT_FOUND when it is not here
   */
  public Made make(String layerId, Packing packing) throws SlipwayException {
    if (packing.equals(Packing.USUAL)) {
      StoredLayer usual = make(layerId);
      return new Made(usual.diffId().orElseThrow(), usual.blob().orElseThrow(), usual.blobFile());
    }
    return variant(layerId, packing, layer -> tar -> tars.write(layer, packing.latest(), tar));
  }

  /**
   * Packs a layer of an image in this way, from the blob that its maker made.
   *
   * @param original the verified blob
   */
  public Made repack(String layerId, Path original, Packing packing) throws SlipwayException {
    return variant(
        layerId,
        packing,
        _ ->
            out -> {
              try (InputStream blob = Files.newInputStream(original);
                  LayerStream tar = new LayerStream(blob, limits)) {
                if (packing.latest().isEmpty()) {
                  return RepackedTar.same(tar, out);
                }
                Digest diffId = RepackedTar.bounded(tar, limits, packing.latest().getAsLong(), out);
                tar.drain();
                return diffId;
              }
            });
  }

  /** What writes a tar and returns its digest. */
  private interface Source {
    Digest write(OutputStream tar) throws SlipwayException, IOException;
  }

  private interface Work<T> {
    T of(StoredLayer layer) throws SlipwayException;
  }

  private <T> T once(String layerId, String packing, Work<T> work) throws SlipwayException {
    String key = packing + " " + layerId;
    try (Pin _ = store.pin(List.of(layerId))) {
      ReentrantLock lock = making.computeIfAbsent(key, _ -> new ReentrantLock());
      lock.lock();
      try {
        return work.of(store.find(layerId).orElseThrow());
      } finally {
        lock.unlock();
        making.remove(key, lock);
      }
    }
  }

  private StoredLayer compress(StoredLayer layer, Source source) throws SlipwayException {
    Made made = pack(layer, Packing.USUAL, layer.blobFile(), source);
    return store.describe(layer.id(), made.diffId(), Optional.of(made.blob()));
  }

  private Made variant(String layerId, Packing packing, Function<StoredLayer, Source> source)
      throws SlipwayException {
    String name = packing.name();
    return once(
        layerId,
        name,
        layer -> {
          Path file = layer.variantFile(name);
          StoredVariant known = layer.variants().get(name);
          if (known != null) {
            return new Made(known.diffId(), known.blob(), file);
          }
          Made made = pack(layer, packing, file, source.apply(layer));
          store.keep(layerId, name, new StoredVariant(made.diffId(), made.blob()));
          return made;
        });
  }

  private Made pack(StoredLayer layer, Packing packing, Path file, Source source)
      throws SlipwayException {
    Path half =
        file.resolveSibling("blob." + packing.name() + "." + Thread.currentThread().threadId());
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.PACKING);
        OutputStream out = Files.newOutputStream(half);
        BlobOutput blob = output(packing, out)) {
      Digest diffId = source.write(blob);
      blob.finish();
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
      meters.add(TransferMetric.PACKED_BYTES, blob.size());
      return new Made(
          diffId, new StoredBlob(packing.mediaType(), blob.digest(), blob.size()), file);
    } catch (LimitExceeded | LayerApplier.BadLayer e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "layer " + layer.id() + " was refused: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new SlipwayException(
          DiskFull.caused(e) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
          "compression of layer " + layer.id() + " failed: " + e.getMessage(),
          e);
    } finally {
      discard(half);
    }
  }

  private BlobOutput output(Packing packing, OutputStream out) throws IOException {
    return switch (packing.compression()) {
      case GZIP ->
          new ParallelGzip(
              out,
              threads,
              threadCount + 2,
              members.computeIfAbsent(
                  packing.level().orElse(GzipMember.USUAL_LEVEL), GzipMember::of));
      case ZSTD -> new ZstdOutput(out, packing.level());
      case NONE -> new PlainOutput(out);
      case UNKNOWN -> throw new IllegalStateException("a packing always has a known compression");
    };
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
