package dev.slipway.snapshot;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/** Opens the store that stacks layers with the kernel's overlayfs. */
public final class OverlaySnapshots {
  private OverlaySnapshots() {}

  /**
   * Opens the store in the directory, made when missing; half-made layers of an earlier run are
   * removed. One process at a time.
   *
   * @param clock says when layers are used
   * @throws SlipwayException UNSUPPORTED, saying what is missing, where overlayfs cannot be mounted
   */
  public static SnapshotStore open(Path root, InstantSource clock) throws SlipwayException {
    Path absolute = root.toAbsolutePath().normalize();
    try {
      LayerDirectories directories = LayerDirectories.open(absolute);
      OverlayMounts mounts = probe(directories);
      return new OverlayStore(directories, mounts, clock);
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "snapshot store " + absolute + " cannot be opened: " + e.getMessage(),
          e);
    }
  }

  private static OverlayMounts probe(LayerDirectories directories)
      throws SlipwayException, IOException {
    LinuxException last = null;
    for (boolean oneByOne : new boolean[] {true, false}) {
      OverlayMounts mounts = new OverlayMounts(directories.empty(), oneByOne);
      Path place = directories.makeIncoming();
      try {
        Path target = Files.createDirectory(place.resolve("merged"));
        mounts.mount(target, java.util.List.of(), java.util.Optional.of(place));
        OverlayMounts.unmount(target);
        return mounts;
      } catch (LinuxException e) {
        last = e;
      } finally {
        LayerDirectories.remove(place);
      }
    }
    throw new SlipwayException(
        ErrorKind.UNSUPPORTED,
        "overlayfs cannot be mounted in "
            + directories.empty().getParent()
            + ": "
            + (last == null ? "unknown reason" : last.getMessage())
            + ". Run the worker in a user namespace (rootlesskit) on Linux 5.11 or later, with its root on ext4, xfs, btrfs or tmpfs."
            + " fuse-overlayfs is not supported yet",
        last);
  }
}
