package dev.slipway.layers;

import dev.slipway.error.SlipwayException;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;

/** Makes the gzip blob of a layer, once; the bytes are in {@link StoredLayer#blobFile()}. @ThreadSafe */
public final class BlobMaker {
  private final SnapshotStore store;

  public BlobMaker(SnapshotStore store) {
    this.store = store;
  }

  /** The layer with its {@code diffId} and {@code blob} present. NOT_FOUND when it is not here. */
  public StoredLayer make(String layerId) throws SlipwayException {
    throw new SlipwayException(dev.slipway.error.ErrorKind.UNSUPPORTED, "making blobs is not supported yet");
  }
}
