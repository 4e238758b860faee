package dev.slipway.mounts;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;

/** What a new copy begins with. */
@FunctionalInterface
public interface MountBeginning {
  /** An empty directory of root's that all may read. */
  MountBeginning EMPTY = _ -> {};

  /** Fills the directory, which is empty and nobody else's. */
  void fill(Path directory) throws SlipwayException, InterruptedException;
}
