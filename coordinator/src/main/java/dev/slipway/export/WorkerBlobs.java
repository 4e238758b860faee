package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.registry.BlobTransfer;
import java.net.URI;
import java.util.List;

/** Blobs that workers made, as this process gets them. */
final class WorkerBlobs {
  private WorkerBlobs() {}

  /** The blob at its worker. @throws SlipwayException UNAVAILABLE when the worker has left */
  static BlobTransfer.Blob blob(Fleet fleet, BlobMaking.Made made) throws SlipwayException {
    WorkerNode worker =
        fleet
            .worker(made.worker())
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.UNAVAILABLE,
                    "worker " + made.worker() + " left before its blobs were exported"));
    String resource = "blobs/" + made.blob().digest();
    BlobTransfer.Source source =
        new BlobTransfer.Source(
            URI.create(worker.blobUrl() + "/" + resource),
            "Bearer " + fleet.capability(resource),
            false);
    return new BlobTransfer.Blob(made.blob().digest(), made.blob().size(), List.of(source));
  }
}
