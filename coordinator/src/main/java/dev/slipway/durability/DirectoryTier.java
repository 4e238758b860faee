package dev.slipway.durability;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.content.BlobDirectory;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.ReportedBlob;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.StoreLayers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A directory that all workers see under the same path. @ThreadSafe */
final class DirectoryTier implements Tier {
  /** Making and writing the blobs of one result; a slow disk writes some gigabytes in this time. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Path directory;
  private final Fleet fleet;

  DirectoryTier(Path directory, Fleet fleet) {
    this.directory = directory;
    this.fleet = fleet;
  }

  @Override
  public String place() {
    return DurablePlaces.directory(directory.toString());
  }

  @Override
  public Map<String, Blob> store(List<LayerRecord> layers)
      throws SlipwayException, InterruptedException {
    Map<String, List<LayerRecord>> byWorker = new HashMap<>();
    for (LayerRecord layer : layers) {
      layer.holders().stream()
          .filter(holder -> fleet.worker(holder).isPresent())
          .min(String::compareTo)
          .ifPresent(holder -> byWorker.computeIfAbsent(holder, _ -> new ArrayList<>()).add(layer));
    }
    Map<String, Blob> stored = new HashMap<>();
    for (Map.Entry<String, List<LayerRecord>> one : byWorker.entrySet()) {
      stored.putAll(store(one.getKey(), one.getValue()));
    }
    return stored;
  }

  private Map<String, Blob> store(String worker, List<LayerRecord> layers)
      throws SlipwayException, InterruptedException {
    StoreLayers.Builder question = StoreLayers.newBuilder().setDirectory(directory.toString());
    layers.forEach(layer -> question.addLayers(Layer.newBuilder().setId(layer.id())));
    Map<String, Blob> stored = new HashMap<>();
    for (MadeBlob made :
        fleet
            .ask(worker, Ask.newBuilder().setStoreLayers(question).build(), PATIENCE)
            .getLayersStored()
            .getBlobsList()) {
      if (!ReportedBlob.isWellFormed(made)) {
        throw new SlipwayException(
            ErrorKind.INTERNAL, "worker " + worker + " stored a blob and gave no digest of it");
      }
      stored.put(made.getLayerId(), ReportedBlob.of(made));
    }
    return stored;
  }

  @Override
  public List<BlobSource> sources(Blob blob) {
    return List.of(
        BlobSource.newBuilder()
            .setUrl(BlobDirectory.uri(directory, blob.digest()).toString())
            .build());
  }
}
