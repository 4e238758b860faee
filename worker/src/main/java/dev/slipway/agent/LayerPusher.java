package dev.slipway.agent;

import dev.slipway.content.FileDigest;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.BlobMaker;
import dev.slipway.layers.Packing;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushTarget;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.source.LayerFetcher;
import dev.slipway.source.StatusLine;
import dev.slipway.source.TransferProgress;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import dev.slipway.telemetry.WorkerMetric;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes blobs of layers and brings them to a registry. Blocking; an interrupt ends it. @ThreadSafe
 */
final class LayerPusher {
  private static final Logger LOG = LoggerFactory.getLogger(LayerPusher.class);

  /** Layers of one push at once: hides the registry's round trips. */
  private static final int PARALLEL_LAYERS = 4;

  private final SnapshotStore store;
  private final LayerFetcher fetcher;
  private final BlobMaker blobs;
  private final BlobTransfer transfer;
  private final Path scratch;
  private final InstantSource clock;
  private final Meters meters;

  /**
   * @param scratch for blobs that pass through
   */
  LayerPusher(
      SnapshotStore store,
      LayerFetcher fetcher,
      BlobMaker blobs,
      BlobTransfer transfer,
      Path scratch,
      InstantSource clock,
      Meters meters) {
    this.store = store;
    this.fetcher = fetcher;
    this.blobs = blobs;
    this.transfer = transfer;
    this.scratch = scratch;
    this.clock = clock;
    this.meters = meters;
  }

  /** Returns the blob of each layer, in order, all of them at the target when there is one. */
  List<MadeBlob> push(PushLayers push, TransferProgress progress)
      throws SlipwayException, InterruptedException {
    Optional<BlobTransfer.Target> target =
        push.hasTarget() ? Optional.of(target(push.getTarget())) : Optional.empty();
    // Without a target whoever asked wants the bytes to be here.
    List<Layer> wanted =
        push.getLayersList().stream()
            .filter(layer -> !layer.hasBlob() || target.isEmpty() || push.hasPacking())
            .toList();
    Optional<Packing> packing =
        push.hasPacking() ? Optional.of(Packing.of(push.getPacking())) : Optional.empty();
    try (LayerFetcher.Held _ = fetcher.hold(List.of(wanted), progress)) {
      return pushAll(
          push.getLayersList(),
          layer ->
              packing.isPresent()
                  ? pushPacked(layer, packing.get(), target, progress)
                  : pushOne(layer, target, progress));
    }
  }

  private interface OneLayer {
    MadeBlob push(Layer layer) throws SlipwayException, IOException, InterruptedException;
  }

  private static List<MadeBlob> pushAll(List<Layer> layers, OneLayer one)
      throws SlipwayException, InterruptedException {
    List<Future<MadeBlob>> results = new ArrayList<>();
    Semaphore turns = new Semaphore(PARALLEL_LAYERS);
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (Layer layer : layers) {
          results.add(
              workers.submit(() -> {
                turns.acquire();
                try {
                  return one.push(layer);
                } finally {
                  turns.release();
                }
              }));
        }
        List<MadeBlob> made = new ArrayList<>();
        for (Future<MadeBlob> result : results) {
          made.add(result.get());
        }
        return made;
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      } finally {
        workers.shutdownNow(); // the others are of no use once one has failed; nothing is left when
        // all have ended
      }
    }
  }

  private static BlobTransfer.Target target(PushTarget target) {
    return new BlobTransfer.Target(
        URI.create(target.getRegistryUrl()),
        target.getRepository(),
        target.getAuthorization(),
        target.getInsecureTls());
  }

  private static SlipwayException failure(Throwable cause) throws InterruptedException {
    return switch (cause) {
      case SlipwayException known -> known;
      case InterruptedException interrupt -> throw interrupt;
      case IOException io ->
          new SlipwayException(
              ErrorKind.INTERNAL, "push failed on the worker's disk: " + io.getMessage(), io);
      default ->
          new SlipwayException(
              ErrorKind.INTERNAL, "push failed by a defect in the worker: " + cause, cause);
    };
  }

  /** Layers of images are packed from the blobs that they came as: only these have their tars. */
  private MadeBlob pushPacked(
      Layer layer, Packing packing, Optional<BlobTransfer.Target> target, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    try (Pin _ = store.pin(List.of(layer.getId()))) {
      BlobMaker.Made made =
          layer.hasBlob() ? repack(layer, packing, progress) : blobs.make(layer.getId(), packing);
      if (target.isPresent()) {
        upload(target.get(), made.blob().digest(), made.file(), progress);
      }
      return MadeBlob.newBuilder()
          .setLayerId(layer.getId())
          .setDiffId(made.diffId().value())
          .setDigest(made.blob().digest().value())
          .setSize(made.blob().size())
          .setMediaType(made.blob().mediaType())
          .build();
    }
  }

  private BlobMaker.Made repack(Layer layer, Packing packing, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    Digest digest = new Digest(layer.getBlob().getDigest());
    Optional<StoredLayer.Packed> here =
        store.find(layer.getId()).flatMap(stored -> stored.packed(digest));
    if (here.isPresent()) {
      return blobs.repack(layer.getId(), here.get().file(), packing);
    }
    Path file = Files.createTempFile(scratch, "repack-", "");
    try {
      download(layer, digest, file, progress);
      return blobs.repack(layer.getId(), file, packing);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void download(Layer layer, Digest digest, Path file, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    if (layer.getBlob().getSourcesCount() == 0) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "blob " + digest + " is neither here nor known to be anywhere");
    }
    StatusLine line = StatusLine.start(progress, clock, digest.value(), layer.getBlob().getSize());
    transfer.download(LayerFetcher.blobOf(layer), file, line::at);
    line.done();
  }

  private MadeBlob pushOne(
      Layer layer, Optional<BlobTransfer.Target> target, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    if (layer.hasBlob()) {
      if (target.isPresent()) {
        pushKnown(layer, target.get(), progress);
      }
      return MadeBlob.newBuilder()
          .setLayerId(layer.getId())
          .setDiffId(layer.getDiffId())
          .setDigest(layer.getBlob().getDigest())
          .setSize(layer.getBlob().getSize())
          .setMediaType(layer.getBlob().getMediaType())
          .build();
    }
    try (Pin _ = store.pin(List.of(layer.getId()))) {
      StoredLayer made = blobs.make(layer.getId());
      if (made.blob().isEmpty() || made.diffId().isEmpty()) {
        throw new SlipwayException(
            ErrorKind.INTERNAL, "layer " + layer.getId() + " has no blob after one was made");
      }
      if (target.isPresent()) {
        upload(target.get(), made.blob().get().digest(), made.blobFile(), progress);
      }
      return MadeBlob.newBuilder()
          .setLayerId(layer.getId())
          .setDiffId(made.diffId().get().value())
          .setDigest(made.blob().get().digest().value())
          .setSize(made.blob().get().size())
          .setMediaType(made.blob().get().mediaType())
          .build();
    }
  }

  /**
   * The blob's very bytes are asked for: those at hand if they are the same, else from where they
   * are.
   */
  private void pushKnown(Layer layer, BlobTransfer.Target target, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    Digest digest = new Digest(layer.getBlob().getDigest());
    Optional<StoredLayer> stored =
        store
            .find(layer.getId())
            .filter(here -> here.blob().isPresent() && here.blob().get().digest().equals(digest));
    if (stored.isPresent() && pushStored(stored.get(), digest, target, progress)) {
      return;
    }
    if (transfer.exists(target, digest)) {
      return;
    }
    Path file = Files.createTempFile(scratch, "push-", "");
    try {
      download(layer, digest, file, progress);
      upload(target, digest, file, progress);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /**
   * Returns whether the blob on this disk was what its digest says; only then it is at the target.
   */
  private boolean pushStored(
      StoredLayer stored, Digest digest, BlobTransfer.Target target, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    try (Pin _ = store.pin(List.of(stored.id()))) {
      upload(target, digest, stored.blobFile(), progress);
      return true;
    } catch (SlipwayException e) {
      // Reading it again is only worth it when the target has refused it.
      if (e.kind() != ErrorKind.INVALID || FileDigest.of(stored.blobFile()).equals(digest)) {
        throw e;
      }
    }
    LOG.atError()
        .addKeyValue("blob", digest)
        .addKeyValue("file", stored.blobFile())
        .log("a blob is corrupt on this worker's disk and is fetched anew; look at the disk");
    store.dropBlob(stored.id(), _ -> true);
    return false;
  }

  private void upload(
      BlobTransfer.Target target, Digest digest, Path file, TransferProgress progress)
      throws SlipwayException, IOException, InterruptedException {
    StatusLine line = StatusLine.start(progress, clock, "pushing " + digest, Files.size(file));
    boolean sent;
    try (Meters.Ongoing _ = meters.phase(WorkerMetric.Phase.PUSHING)) {
      sent = transfer.upload(target, digest, file, line::at);
    }
    if (sent) {
      meters.add(TransferMetric.LAYER_BYTES, Files.size(file), TransferMetric.Path.PUSH);
    }
    line.done();
  }
}
