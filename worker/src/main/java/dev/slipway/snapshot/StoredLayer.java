package dev.slipway.snapshot;

import dev.slipway.oci.Digest;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A committed layer.
 *
 * @param id farm-wide, see {@code Layer.id} of worker.proto
 * @param size bytes of its regular files, those with several names once
 * @param directory the change set in overlay form; never written to
 * @param diffId digest of its uncompressed tar, once known
 * @param blob its compressed form, once made; the bytes are in {@link #blobFile()}
 */
public record StoredLayer(
    String id, long size, Path directory, Optional<Digest> diffId, Optional<StoredBlob> blob) {
  /** Bytes of its compressed form, 0 = there is none. */
  public long blobSize() {
    return blob.map(StoredBlob::size).orElse(0L);
  }

  /** Where the compressed form is, or would be. */
  public Path blobFile() {
    return directory.resolveSibling("blob");
  }
}
