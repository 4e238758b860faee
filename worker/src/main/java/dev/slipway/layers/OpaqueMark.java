package dev.slipway.layers;

import dev.slipway.diff.LayerWalk;
import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import java.io.IOException;

/** Marks a directory of a layer as showing nothing of what the layers below have there. */
public final class OpaqueMark {
  private static final byte[] YES = {'y'};

  private OpaqueMark() {}

  /** Marks the entry, a directory. */
  public static void set(Directory parent, String name) throws IOException {
    ExtendedAttributes.set(parent.pathOf(name), LayerWalk.OPAQUE, YES);
  }
}
