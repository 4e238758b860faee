package dev.slipway.snapshot;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;

/** Opens the store that stacks layers with the kernel's overlayfs. */
public final class OverlaySnapshots {
  private OverlaySnapshots() {}

  /**
   * Opens the store in the directory, made when missing; half-made layers of an earlier run are removed. One process at a time.
   *
   * @throws SlipwayException UNSUPPORTED, saying what is missing, where overlayfs cannot be mounted
   */
  public static SnapshotStore open(Path root) throws SlipwayException {
    throw new SlipwayException(ErrorKind.UNSUPPORTED, "overlay snapshots are not supported yet: " + root);
  }
}
