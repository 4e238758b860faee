package dev.slipway.export;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerBlob;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.Parallel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the blobs of an image here, verified, for a client that takes them from nobody else. They
 * are whole before the client gets the first byte: workers may leave until then.
 */
final class BlobSpool {
  /** Of one image: what a coordinator's disk can be asked to take besides its own. */
  private static final long MOST_BYTES = 64L << 30;

  private final ExportParts parts;
  private final BuildContext build;
  private final BlobMaking making;
  private final BlobTransfer transfer;

  BlobSpool(ExportParts parts, BuildContext build, BlobMaking making, BlobTransfer transfer) {
    this.parts = parts;
    this.build = build;
    this.making = making;
    this.transfer = transfer;
  }

  /** Blobs by layer, and where each is. */
  record Spooled(Map<PackedLayer, Blob> blobs, Map<Digest, Path> files) {}

  Spooled fetch(LayerPlan plan, Scratch scratch) throws SlipwayException, InterruptedException {
    Map<PackedLayer, Blob> blobs = new LinkedHashMap<>();
    Map<Digest, BlobTransfer.Blob> wanted = new LinkedHashMap<>();
    for (Map.Entry<Optional<Packing>, List<String>> group :
        ImageMaking.byPacking(plan.layers()).entrySet()) {
      List<String> ours = new ArrayList<>(group.getValue());
      if (group.getKey().isEmpty()) {
        ours.removeAll(ofImages(ours, blobs, wanted));
      }
      Map<String, BlobMaking.Made> made = making.make(ours, group.getKey(), Optional.empty());
      for (Map.Entry<String, BlobMaking.Made> one : made.entrySet()) {
        blobs.put(new PackedLayer(one.getKey(), group.getKey()), one.getValue().blob());
        wanted.put(one.getValue().blob().digest(), WorkerBlobs.blob(parts.fleet(), one.getValue()));
      }
    }
    long bytes = wanted.values().stream().mapToLong(BlobTransfer.Blob::size).sum();
    if (bytes > MOST_BYTES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "the image has " + bytes + " bytes, more than the " + MOST_BYTES + " of an export");
    }
    return new Spooled(blobs, files(wanted, scratch));
  }

  /** Finds the layers whose very blobs a registry has; returns which they are. */
  private List<String> ofImages(
      List<String> layers, Map<PackedLayer, Blob> blobs, Map<Digest, BlobTransfer.Blob> wanted)
      throws SlipwayException, InterruptedException {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    List<String> theirs =
        layers.stream()
            .filter(layer ->
                known.containsKey(layer)
                    && known.get(layer).origin().isPresent()
                    && known.get(layer).blob().isPresent())
            .distinct()
            .toList();
    for (Layer layer : parts.references().describe(new LayerChain(theirs), build)) {
      Blob blob = known.get(layer.getId()).blob().orElseThrow();
      blobs.put(PackedLayer.asItIs(layer.getId()), blob);
      wanted.put(blob.digest(), sources(layer.getBlob()));
    }
    return theirs;
  }

  private static BlobTransfer.Blob sources(LayerBlob blob) {
    return new BlobTransfer.Blob(
        new Digest(blob.getDigest()),
        blob.getSize(),
        blob.getSourcesList().stream()
            .map(source ->
                new BlobTransfer.Source(
                    URI.create(source.getUrl()),
                    source.getAuthorization(),
                    source.getInsecureTls(),
                    source.getWorker()))
            .toList());
  }

  private Map<Digest, Path> files(Map<Digest, BlobTransfer.Blob> wanted, Scratch scratch)
      throws SlipwayException, InterruptedException {
    List<Path> files =
        Parallel.map(
            wanted.values(),
            blob -> {
              Path file = scratch.file();
              try {
                transfer.download(blob, file, _ -> {});
                return file;
              } catch (IOException e) {
                throw Scratch.failed(e);
              }
            });
    Map<Digest, Path> byDigest = new HashMap<>();
    int next = 0;
    for (Digest digest : wanted.keySet()) {
      byDigest.put(digest, files.get(next++));
    }
    return byDigest;
  }
}
