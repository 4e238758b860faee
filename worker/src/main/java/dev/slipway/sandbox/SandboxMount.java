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
   * A file of the worker that is the client's secret: read-only, of no use as a set-user-id program
   * or a device.
   *
   * @param executable whether it may be run
   */
  record Secret(Path source, String destination, boolean executable) implements SandboxMount {}

  /** A socket on which the worker listens. */
  record Socket(Path source, String destination) implements SandboxMount {}

  /**
   * Memory.
   *
   * @param size in bytes, 0 = the kernel's default, half of the memory
   */
  record Tmpfs(String destination, long size, boolean readOnly) implements SandboxMount {}
}
