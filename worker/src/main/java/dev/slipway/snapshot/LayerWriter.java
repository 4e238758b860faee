package dev.slipway.snapshot;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A layer being filled. Closing without a commit throws it away. Owned by one thread at a time. */
public interface LayerWriter extends AutoCloseable {
  String id();

  /** The directory to fill, in overlay form. */
  Path directory();

  /** Directories of the chain below, lowest first; read only. */
  List<Path> below();

  /** Gives the layer's root directory these attributes; else it has those of the root below. */
  void root(RootAttributes attributes) throws SlipwayException;

  /**
   * Makes it a layer, for good and under {@link #id()}. When somebody else committed the same id
   * meanwhile, theirs stays and is returned.
   *
   * @param size bytes of its files
   * @param diffId digest of its uncompressed tar, if known
   */
  StoredLayer commit(long size, Optional<Digest> diffId) throws SlipwayException;

  /** The same, with no diffId known. */
  default StoredLayer commit(long size) throws SlipwayException {
    return commit(size, Optional.empty());
  }

  @Override
  void close();
}
