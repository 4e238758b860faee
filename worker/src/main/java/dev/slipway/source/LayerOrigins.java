package dev.slipway.source;

import dev.slipway.certificates.FarmTls;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.LayerApplier;
import dev.slipway.linux.DiskFull;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes one layer from those of its origins that give it: as a tar from peers or the coordinator,
 * as a blob from peers or registries. @ThreadSafe
 */
final class LayerOrigins implements AutoCloseable {
  private final PeerClient http;
  private final TarFetch tars;
  private final BlobFetch blobs;

  /**
   * @param applier of images' blobs; what steps have made is not held to the bounds for these
   * @param scratch on the store's file system, for blobs on their way
   * @param tls of peers and coordinators
   */
  LayerOrigins(
      SnapshotStore store,
      LayerApplier applier,
      BlobTransfer transfer,
      Path scratch,
      InstantSource clock,
      Meters meters,
      Optional<FarmTls> tls) {
    this.http = new PeerClient(tls);
    Peers peers = new Peers();
    Unpacking ofSteps = new Unpacking(store, new LayerApplier());
    this.tars = new TarFetch(http, peers, ofSteps, clock, meters);
    Unpacking ofImages = new Unpacking(store, applier);
    this.blobs = new BlobFetch(http, peers, transfer, ofImages, scratch, clock, meters);
  }

  /**
   * Waits until the layers below are here, as far as they come; a layer's implied directories take
   * their attributes.
   */
  interface Below {
    void await() throws InterruptedException;
  }

  /**
   * One layer that is wanted.
   *
   * @param belowIds the chain under it
   * @param moved counts what is moved for it
   */
  record Wanted(
      Layer layer, List<String> belowIds, Below below, TransferProgress progress, Moved moved) {}

  /**
   * Brings the layer.
   *
   * @throws NobodyGaveException UNAVAILABLE with each origin's answer
   * @throws SlipwayException INVALID when the image itself is refused; EXHAUSTED when the disk is
   *     full
   */
  StoredLayer bring(Wanted wanted) throws SlipwayException, InterruptedException {
    Layer layer = wanted.layer();
    List<String> failures = new ArrayList<>();
    List<String> absentAt = new ArrayList<>();
    List<TarOrigin> origins = TarOrigin.of(layer);
    if (!origins.isEmpty()) {
      try {
        return tars.fetch(wanted, origins);
      } catch (NobodyGaveException e) {
        failures.add(e.getMessage());
        absentAt.addAll(e.absentAt());
      }
    }
    if (layer.hasBlob() && layer.getBlob().getSourcesCount() > 0) {
      try {
        return blobs.fetch(wanted);
      } catch (SlipwayException | IOException e) {
        if (e instanceof SlipwayException refused && refused.kind() == ErrorKind.INVALID) {
          // Its bytes are what the image's author pushed: no other place has better ones.
          throw refused;
        }
        failures.add(failure(e));
      }
    }
    throw new NobodyGaveException(
        "fetch of layer "
            + layer.getId()
            + " failed: "
            + (failures.isEmpty() ? "nobody has it" : String.join("; ", failures)),
        absentAt);
  }

  /**
   * A failure that lies with this worker must not look like an origin's, or the layer would be
   * declared lost.
   */
  static String failure(Exception e) throws SlipwayException, InterruptedException {
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

  @Override
  public void close() {
    http.close();
  }
}
