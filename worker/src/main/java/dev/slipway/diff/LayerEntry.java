package dev.slipway.diff;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Status;

/** One thing that a layer says. Paths are relative, without a leading slash. */
public sealed interface LayerEntry {
  String path();

  /**
   * Something that is there. {@code name} in {@code parent} is the thing itself, open only while it
   * is visited.
   */
  record Present(String path, Directory parent, String name, Status status) implements LayerEntry {}

  /** What the layers below have at the path is gone. */
  record Removed(String path) implements LayerEntry {}

  /**
   * The directory at the path shows nothing of what the layers below have in it. Comes right after
   * the directory.
   */
  record Opaque(String path) implements LayerEntry {}
}
