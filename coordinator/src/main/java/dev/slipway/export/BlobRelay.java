package dev.slipway.export;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.ImageReference;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.Repository;
import dev.slipway.solve.Parallel;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
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

  /** Pushes the layers' blobs and returns them. */
  Map<String, Blob> push(Repository repository, List<String> layers, Map<String, LayerRecord> known)
      throws SlipwayException, InterruptedException {
    List<String> ofImages = layers.stream().filter(layer -> inRegistry(known.get(layer))).toList();
    List<String> others = layers.stream().filter(layer -> !inRegistry(known.get(layer))).toList();
    Map<String, BlobMaking.Made> made = making.make(others, Optional.empty());
    Map<String, Blob> blobs = new LinkedHashMap<>();
    for (String layer : layers) {
      blobs.put(
          layer,
          ofImages.contains(layer)
              ? known.get(layer).blob().orElseThrow()
              : made.get(layer).blob());
    }
    Parallel.map(
        layers,
        layer -> {
          Blob blob = blobs.get(layer);
          return withFile(file -> {
            if (made.containsKey(layer)) {
              fromWorker(made.get(layer), file);
            } else {
              fromRegistry(known.get(layer).origin().orElseThrow(), blob, file);
            }
            return repository.pushBlob(blob.digest(), file, _ -> {});
          });
        });
    return blobs;
  }

  private static boolean inRegistry(LayerRecord record) {
    return record != null && record.blob().isPresent() && record.origin().isPresent();
  }

  private void fromWorker(BlobMaking.Made made, Path file)
      throws SlipwayException, IOException, InterruptedException {
    WorkerNode worker =
        parts
            .fleet()
            .worker(made.worker())
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.UNAVAILABLE,
                    "worker " + made.worker() + " left before its blobs were pushed"));
    String resource = "blobs/" + made.blob().digest();
    BlobTransfer.Source source =
        new BlobTransfer.Source(
            URI.create(worker.blobUrl() + "/" + resource),
            "Bearer " + parts.fleet().capability(resource),
            false);
    transfer.download(
        new BlobTransfer.Blob(made.blob().digest(), made.blob().size(), List.of(source)),
        file,
        _ -> {});
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
