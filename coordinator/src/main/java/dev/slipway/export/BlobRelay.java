package dev.slipway.export;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.ImageReference;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.Repository;
import dev.slipway.solve.Parallel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Passes blobs on from workers to a registry that wants Basic credentials, which no worker may see.
 */
final class BlobRelay {
  private final ExportParts parts;
  private final Authenticator authenticator;
  private final BlobMaking making;
  private final BlobTransfer transfer;

  BlobRelay(
      ExportParts parts, Authenticator authenticator, BlobMaking making, BlobTransfer transfer) {
    this.parts = parts;
    this.authenticator = authenticator;
    this.making = making;
    this.transfer = transfer;
  }

  /** Pushes the layers' blobs as they are and returns them. */
  Map<String, Blob> push(Repository repository, List<String> layers, Map<String, LayerRecord> known)
      throws SlipwayException, InterruptedException {
    List<String> ofImages = layers.stream().filter(layer -> inRegistry(known.get(layer))).toList();
    List<String> others = layers.stream().filter(layer -> !inRegistry(known.get(layer))).toList();
    Map<String, Blob> blobs = new LinkedHashMap<>(push(repository, others, Optional.empty()));
    Parallel.map(
        ofImages,
        layer -> {
          Blob blob = known.get(layer).blob().orElseThrow();
          return withFile(file -> {
            fromRegistry(known.get(layer).origin().orElseThrow(), blob, file);
            return repository.pushBlob(blob.digest(), file, _ -> {});
          });
        });
    ofImages.forEach(layer -> blobs.put(layer, known.get(layer).blob().orElseThrow()));
    return blobs;
  }

  /** Has workers pack the layers, pushes the blobs and returns them. */
  Map<String, Blob> push(Repository repository, List<String> layers, Optional<Packing> packing)
      throws SlipwayException, InterruptedException {
    Map<String, BlobMaking.Made> made = making.make(layers, packing, Optional.empty());
    Parallel.map(
        made.values(),
        one ->
            withFile(file -> {
              fromWorker(one, file);
              return repository.pushBlob(one.blob().digest(), file, _ -> {});
            }));
    Map<String, Blob> blobs = new LinkedHashMap<>();
    made.forEach((layer, one) -> blobs.put(layer, one.blob()));
    return blobs;
  }

  private static boolean inRegistry(LayerRecord record) {
    return record != null && record.blob().isPresent() && record.origin().isPresent();
  }

  private void fromWorker(BlobMaking.Made made, Path file)
      throws SlipwayException, IOException, InterruptedException {
    transfer.download(WorkerBlobs.blob(parts.fleet(), made), file, _ -> {});
  }

  private void fromRegistry(LayerRecord.Origin origin, Blob blob, Path file)
      throws SlipwayException, IOException, InterruptedException {
    ImageReference name = ImageReference.parseAsWritten(origin.repository());
    try (InputStream in =
        parts.registries().fetchBlob(name, blob.digest(), blob.size(), authenticator, _ -> {})) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      if (e.getCause() instanceof SlipwayException known) {
        throw known;
      }
      throw e;
    }
  }

  private <T> T withFile(FileWork<T> work) throws SlipwayException, InterruptedException {
    try {
      Files.createDirectories(parts.scratch());
      Path file = Files.createTempFile(parts.scratch(), "relay-", ".blob");
      try {
        return work.of(file);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "passing a blob on failed: " + e.getMessage(), e);
    }
  }

  private interface FileWork<T> {
    T of(Path file) throws SlipwayException, IOException, InterruptedException;
  }
}
