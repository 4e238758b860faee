package dev.slipway.sandbox;

import java.nio.file.Path;

/** A mount in the container beside its root. Destinations are absolute paths in the container. */
public sealed interface SandboxMount {
  String destination();

  /**
   * A directory or file of the worker.
   *
   * @param shared whether others may change it while the container is set up
   */
  record Bind(Path source, String destination, boolean readOnly, boolean shared)
      implements SandboxMount {}

  /**
   * Memory.
   *
   * @param size in bytes, 0 = the kernel's default, half of the memory
   */
  record Tmpfs(String destination, long size, boolean readOnly) implements SandboxMount {}
}
