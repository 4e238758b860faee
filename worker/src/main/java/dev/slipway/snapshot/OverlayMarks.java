package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.util.Optional;

/** What overlayfs itself writes down in a layer, as attributes and nodes. */
public final class OverlayMarks {
  /** Attributes with this prefix are overlayfs' own, and no part of what a file is. */
  public static final String PREFIX = "user.overlay.";

  /** Mark of an opaque directory, as written by root of a user namespace. */
  public static final String OPAQUE = PREFIX + "opaque";

  /**
   * Overlayfs' note of what a copy was made from. A directory that only one layer has is listed as
   * it is, unless it has this note, of whatever value: only then whiteouts in it are looked for.
   */
  private static final String ORIGIN = PREFIX + "origin";

  private OverlayMarks() {}

  /**
   * Says in the layer that what is below under the name is gone. The directory may come to lie over
   * nothing, and must not show the mark as a file then.
   */
  public static void whiteout(Directory directory, String name) throws LinuxException {
    directory.makeNode(name, Status.CHARACTER_DEVICE, 0, 0);
    ExtendedAttributes.set(directory.pathOfSelf(), ORIGIN, new byte[0]);
  }

  /** Whether the directory of a layer hides what is below. */
  static boolean isOpaque(Directory directory) throws LinuxException {
    Optional<byte[]> value = ExtendedAttributes.get(directory.pathOfSelf(), OPAQUE);
    return value.isPresent() && value.get().length == 1 && value.get()[0] == 'y';
  }

  static void clearOpaque(Directory directory) throws LinuxException {
    ExtendedAttributes.remove(directory.pathOfSelf(), OPAQUE);
  }
}
