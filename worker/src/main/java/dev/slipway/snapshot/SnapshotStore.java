package dev.slipway.snapshot;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Keeps layers and stacks them. A chain is a list of layer ids, lowest first; an empty chain is an
 * empty root filesystem. What a {@link MountedRoot}, {@link LayerWriter} or {@link Pin} uses stays
 * until it is closed; each of them counts as a use of its layers. @ThreadSafe
 */
public interface SnapshotStore extends AutoCloseable {
  /** The layer, if it is here and complete. */
  Optional<StoredLayer> find(String id);

  /** A layer of which a packed form has the digest, if one is here. */
  default Optional<StoredLayer> findBlob(Digest digest) {
    return inventory().stream().filter(layer -> layer.packed(digest).isPresent()).findFirst();
  }

  /** Everything that is here and complete. */
  List<StoredLayer> inventory();

  /**
   * A new, empty layer to be filled.
   *
   * @param below the chain under it, from which directories that the layer only implies take their
   *     attributes; layers that are not here are left out
   */
  LayerWriter prepare(String id, List<String> below) throws SlipwayException;

  /**
   * Stacks the chain.
   *
   * @param writable whether writes are taken, into a fresh directory that {@link
   *     MountedRoot#commit} makes a layer
   * @throws SlipwayException NOT_FOUND naming the layers that are not here; EXHAUSTED for too many
   *     layers
   */
  MountedRoot mount(List<String> chain, boolean writable) throws SlipwayException;

  /** Keeps the layers from being deleted. NOT_FOUND, and nothing pinned, when one is not here. */
  Pin pin(Collection<String> ids) throws SlipwayException;

  /**
   * Notes what was computed about a layer. The blob's bytes are in {@link StoredLayer#blobFile()}
   * by then.
   */
  StoredLayer describe(String id, Digest diffId, Optional<StoredBlob> blob) throws SlipwayException;

  /**
   * Notes another packed form of a layer, whose bytes are in {@link StoredLayer#variantFile} by
   * then. Of many the store forgets some.
   */
  StoredLayer keep(String id, String name, StoredVariant variant) throws SlipwayException;

  /** Every layer with its use so far. */
  List<LayerUsage> usage();

  /**
   * Deletes those layers, in that order, that nothing uses, that no other layer was made on, and
   * that are free; the bytes go in the background, see {@link #awaitDeleted}.
   *
   * @param free asked last, under the store's lock: must be quick
   * @return what is gone
   */
  List<Deleted> delete(Collection<String> ids, Predicate<String> free);

  /**
   * Drops the packed forms of a layer that nothing uses and that is free; returns the layer as it
   * was, empty when nothing was dropped.
   */
  Optional<StoredLayer> dropBlob(String id, Predicate<String> free);

  /** Bytes of what was deleted that are still on the disk. */
  long pendingBytes();

  /** Waits until the bytes of what was deleted are gone; false when it took longer. */
  boolean awaitDeleted(Duration patience) throws InterruptedException;

  /** Flushes to disk. Mounts must be closed before. */
  @Override
  void close();

  /** Whether the layer is here and complete. */
  default boolean has(String id) {
    return find(id).isPresent();
  }
}
