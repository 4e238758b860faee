package dev.slipway.sandbox;

import java.nio.file.Path;

/** A mount in the container beside its root. Destinations are absolute paths in the container. */
public sealed interface SandboxMount {
  String destination();

  /** A directory or file of the worker. */
  record Bind(Path source, String destination, boolean readOnly) implements SandboxMount {}

  /**
   * Memory.
   *
   * @param size in bytes, 0 = the kernel's default, half of the memory
   */
  record Tmpfs(String destination, long size) implements SandboxMount {}
}
