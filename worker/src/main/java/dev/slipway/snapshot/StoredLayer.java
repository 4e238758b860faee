package dev.slipway.snapshot;

import dev.slipway.oci.Digest;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A committed layer.
 *
 * @param id farm-wide, see {@code Layer.id} of worker.proto
 * @param size bytes of its regular files, those with several names once
 * @param directory the change set in overlay form; never written to
 * @param diffId digest of its uncompressed tar, once known
 * @param blob its compressed form, once made; the bytes are in {@link #blobFile()}
 * @param variants other packings of it, by name; the bytes are in {@link #variantFile}
 */
public record StoredLayer(
    String id,
    long size,
    Path directory,
    Optional<Digest> diffId,
    Optional<StoredBlob> blob,
    Map<String, StoredVariant> variants) {
  public StoredLayer {
    variants = Map.copyOf(variants);
  }

  public StoredLayer(
      String id, long size, Path directory, Optional<Digest> diffId, Optional<StoredBlob> blob) {
    this(id, size, directory, diffId, blob, Map.of());
  }

  /** Bytes of its packed forms, 0 = there is none. */
  public long blobSize() {
    return blob.map(StoredBlob::size).orElse(0L)
        + variants.values().stream().mapToLong(variant -> variant.blob().size()).sum();
  }

  /** Where the compressed form is, or would be. */
  public Path blobFile() {
    return directory.resolveSibling("blob");
  }

  /** Where the variant of that name is, or would be. */
  public Path variantFile(String name) {
    return directory.resolveSibling("blob-" + name);
  }

  /** Whether there is any packed form. */
  public boolean isPacked() {
    return blob.isPresent() || !variants.isEmpty();
  }

  /** The packed form with the digest. */
  public Optional<Packed> packed(Digest digest) {
    if (blob.filter(usual -> usual.digest().equals(digest)).isPresent()) {
      return Optional.of(new Packed(blob.get(), blobFile()));
    }
    return variants.entrySet().stream()
        .filter(variant -> variant.getValue().blob().digest().equals(digest))
        .findFirst()
        .map(variant -> new Packed(variant.getValue().blob(), variantFile(variant.getKey())));
  }

  /** A packed form and its file. */
  public record Packed(StoredBlob blob, Path file) {}
}
