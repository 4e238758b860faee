package dev.slipway.layers;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.StoredLayer;
import java.io.OutputStream;

/** Writes a layer directory as an OCI layer tar: same layer, same bytes. @ThreadSafe */
public final class LayerTarWriter {
  /** Writes the uncompressed tar and returns its digest, the diffId. The stream is flushed, not closed. */
  public Digest write(StoredLayer layer, OutputStream out) throws SlipwayException {
    throw new SlipwayException(dev.slipway.error.ErrorKind.UNSUPPORTED, "layer tars are not supported yet");
  }
}
