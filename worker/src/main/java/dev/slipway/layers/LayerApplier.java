package dev.slipway.layers;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.StoredLayer;
import java.io.InputStream;
import java.util.Optional;

/** Turns a layer tar or blob into a layer. Trusts nothing in the stream. @ThreadSafe */
public final class LayerApplier {
  /**
   * Reads the stream to its end, fills the writer and commits it, its diffId noted. The caller closes writer and stream in any case.
   *
   * @param mediaType of the stream; what it really is (plain, gzip, zstd) is told from its first bytes
   * @param expected diffId that the uncompressed bytes must have
   * @throws SlipwayException INVALID when the stream is no layer or the digest differs; EXHAUSTED when a limit is exceeded
   */
  public StoredLayer apply(InputStream stream, String mediaType, LayerWriter writer, Optional<Digest> expected) throws SlipwayException {
    throw new SlipwayException(dev.slipway.error.ErrorKind.UNSUPPORTED, "applying layers is not supported yet");
  }
}
