package dev.slipway.mounts;

import dev.slipway.error.SlipwayException;
import java.nio.file.Path;

/** How copies come from other workers. */
@FunctionalInterface
public interface MountPeers {
  /**
   * Fills the directory, which is empty, with the copy that the peer has at the moment.
   *
   * @throws SlipwayException when it did not come whole
   */
  void bring(MountWish.Peer peer, Path directory) throws SlipwayException, InterruptedException;
}
