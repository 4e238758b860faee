package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.layers.LayerApplier;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredBlob;
import dev.slipway.snapshot.StoredLayer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** Makes what came a layer of the store. @ThreadSafe */
final class Unpacking {
  private final SnapshotStore store;
  private final LayerApplier applier;

  Unpacking(SnapshotStore store, LayerApplier applier) {
    this.store = store;
    this.applier = applier;
  }

  /** Looks at the digest of the uncompressed bytes; returns the diffId to keep with the layer. */
  interface Check {
    Optional<Digest> passed(Digest actual)
        throws SlipwayException, IOException, InterruptedException;
  }

  /**
   * Unpacks a tar. Its layers below may still be on their way: it names every directory that it
   * needs, and its sender said what the root is like.
   */
  StoredLayer tar(LayerOrigins.Wanted wanted, TarStream in, Check check)
      throws SlipwayException, InterruptedException {
    try (LayerWriter writer = store.prepare(wanted.layer().getId(), wanted.belowIds())) {
      return applier.apply(
          in,
          "",
          writer,
          actual -> {
            try {
              Optional<Digest> diffId = check.passed(actual);
              if (in.root().isPresent()) {
                writer.root(in.root().get());
              }
              return diffId;
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new IOException("interrupted before the layer was complete", e);
            }
          });
    }
  }

  /** Unpacks a verified blob, which is kept: a push of the layer needs these very bytes. */
  StoredLayer blob(LayerOrigins.Wanted wanted, Path file, InputStream in)
      throws SlipwayException, IOException {
    String id = wanted.layer().getId();
    String mediaType = wanted.layer().getBlob().getMediaType();
    try (LayerWriter writer = store.prepare(id, wanted.belowIds())) {
      applier.apply(in, mediaType, writer, diffId(wanted));
    }
    StoredLayer stored =
        store
            .find(id)
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.INTERNAL, "layer " + id + " vanished after it was applied"));
    if (stored.blob().isPresent() || stored.diffId().isEmpty()) {
      return stored;
    }
    Digest digest = new Digest(wanted.layer().getBlob().getDigest());
    long size = Files.size(file);
    Files.move(file, stored.blobFile(), StandardCopyOption.ATOMIC_MOVE);
    return store.describe(
        id, stored.diffId().get(), Optional.of(new StoredBlob(mediaType, digest, size)));
  }

  /** The diffId that the layer must have, as far as the coordinator knows. */
  static Optional<Digest> diffId(LayerOrigins.Wanted wanted) {
    String diffId = wanted.layer().getDiffId();
    return diffId.isEmpty() ? Optional.empty() : Optional.of(new Digest(diffId));
  }
}
