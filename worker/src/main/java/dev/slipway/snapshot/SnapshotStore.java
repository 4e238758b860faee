package dev.slipway.snapshot;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Keeps layers and stacks them. A chain is a list of layer ids, lowest first; an empty chain is an
 * empty root filesystem. What a {@link MountedRoot}, {@link LayerWriter} or {@link Pin} uses stays
 * until it is closed. @ThreadSafe
 */
public interface SnapshotStore extends AutoCloseable {
  /** The layer, if it is here and complete. */
  Optional<StoredLayer> find(String id);

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

  /** Deletes those layers that nothing uses; returns the ids that are gone now. */
  List<String> delete(Collection<String> ids);

  /** Flushes to disk. Mounts must be closed before. */
  @Override
  void close();

  /** Whether the layer is here and complete. */
  default boolean has(String id) {
    return find(id).isPresent();
  }
}
