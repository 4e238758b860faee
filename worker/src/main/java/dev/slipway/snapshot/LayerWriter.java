package dev.slipway.snapshot;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.util.List;

/** A layer being filled. Closing without a commit throws it away. Owned by one thread at a time. */
public interface LayerWriter extends AutoCloseable {
  String id();

  /** The directory to fill, in overlay form. */
  Path directory();

  /** Directories of the chain below, lowest first; read only. */
  List<Path> below();

  /**
   * Makes it a layer, for good and under {@link #id()}. When somebody else committed the same id meanwhile, theirs stays and is
   * returned.
   *
   * @param size bytes of its files
   */
  StoredLayer commit(long size) throws SlipwayException;

  @Override
  void close();
}
