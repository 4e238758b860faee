package dev.slipway.snapshot;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A mounted root filesystem. Closing unmounts it and throws away what was not committed. Owned by
 * one thread at a time.
 */
public interface MountedRoot extends AutoCloseable {
  /** The merged root. */
  Path path();

  /** The chain it shows, lowest first. */
  List<String> chain();

  /** The chain's directories, lowest first. */
  List<Path> layers();

  /**
   * Where writes go; empty when read-only. Written to by others than the kernel only between {@link
   * #detach} and {@link #attach}.
   */
  Optional<Path> upper();

  /** Unmounts, keeps what was written. */
  void detach() throws SlipwayException;

  /** Mounts again after {@link #detach()}. */
  void attach() throws SlipwayException;

  /**
   * Unmounts and makes what was written a layer; measures it once. No process may have it open any
   * more. Only when writable.
   *
   * @throws SlipwayException CONFLICT when the id is taken
   */
  default StoredLayer commit(String id) throws SlipwayException {
    return commit(id, Map.of());
  }

  /**
   * The same.
   *
   * @param linkedFrom directory of the layer that a file was linked from, by inode
   */
  StoredLayer commit(String id, Map<Long, Path> linkedFrom) throws SlipwayException;

  @Override
  void close();
}
