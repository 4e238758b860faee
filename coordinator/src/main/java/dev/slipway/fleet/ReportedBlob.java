package dev.slipway.fleet;

import dev.slipway.cache.LayerRecord;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushOutcome;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A blob as a worker reports it. */
public final class ReportedBlob {
  private ReportedBlob() {}

  /** Whether both of its digests are digests. */
  public static boolean isWellFormed(MadeBlob made) {
    return Digest.isDigest(made.getDiffId()) && Digest.isDigest(made.getDigest());
  }

  /** What the index learns of the blobs that a push made. */
  static List<LayerRecord> records(PushOutcome outcome) {
    return outcome.getBlobsList().stream()
        .filter(ReportedBlob::isWellFormed)
        .map(blob ->
            new LayerRecord(
                blob.getLayerId(), 0, Optional.of(of(blob)), Optional.empty(), Set.of()))
        .toList();
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
