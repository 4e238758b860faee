package dev.slipway.agent;

import dev.slipway.content.BlobDirectory;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.BlobMaker;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayersStored;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.StoreLayers;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredBlob;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.TransferMetric;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Writes layers that are here to the durable directory, one after the other. @ThreadSafe */
final class LayerStoring {
  private final SnapshotStore store;
  private final BlobMaker blobs;
  private final Optional<BlobDirectory> directory;
  private final Meters meters;

  LayerStoring(
      SnapshotStore store, BlobMaker blobs, Optional<BlobDirectory> directory, Meters meters) {
    this.store = store;
    this.blobs = blobs;
    this.directory = directory;
    this.meters = meters;
  }

  void store(Ask ask, Answer.Builder answer) throws SlipwayException, InterruptedException {
    StoreLayers question = ask.getStoreLayers();
    BlobDirectory target = target(question.getDirectory());
    LayersStored.Builder stored = LayersStored.newBuilder();
    for (Layer layer : question.getLayersList()) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      stored.addBlobs(store(layer.getId(), target));
    }
    answer.setLayersStored(stored);
  }

  private BlobDirectory target(String asked) throws SlipwayException {
    return directory
        .filter(own -> own.root().equals(Path.of(asked).normalize()))
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.DENIED,
                "this worker may not write to "
                    + asked
                    + ", only to "
                    + directory.map(own -> own.root().toString()).orElse("no directory")
                    + ": see --durable-directory"));
  }

  private MadeBlob store(String layerId, BlobDirectory target) throws SlipwayException {
    try (Pin _ = store.pin(List.of(layerId))) {
      StoredLayer made = blobs.make(layerId);
      StoredBlob blob = made.blob().orElseThrow();
      target.store(blob.digest(), made.blobFile());
      meters.add(TransferMetric.LAYER_BYTES, blob.size(), TransferMetric.Path.DURABLE);
      return MadeBlob.newBuilder()
          .setLayerId(layerId)
          .setDiffId(made.diffId().orElseThrow().value())
          .setDigest(blob.digest().value())
          .setSize(blob.size())
          .setMediaType(blob.mediaType())
          .build();
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "writing layer " + layerId + " to " + target.root() + " failed: " + e,
          e);
    }
  }
}
