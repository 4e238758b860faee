package dev.slipway.fleet;

import dev.slipway.cache.LayerRecord;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.MadeBlob;

/** A blob as a worker reports it. */
public final class ReportedBlob {
  private ReportedBlob() {}

  /** Whether both of its digests are digests. */
  public static boolean isWellFormed(MadeBlob made) {
    return Digest.isDigest(made.getDiffId()) && Digest.isDigest(made.getDigest());
  }

  /** Returns the blob. @throws IllegalArgumentException when it is not well-formed */
  public static LayerRecord.Blob of(MadeBlob made) {
    return new LayerRecord.Blob(
        new Digest(made.getDiffId()),
        new Digest(made.getDigest()),
        made.getSize(),
        made.getMediaType());
  }
}
