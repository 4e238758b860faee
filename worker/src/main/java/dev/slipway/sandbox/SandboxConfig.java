package dev.slipway.sandbox;

import java.nio.file.Path;

/**
 * Where the sandbox works.
 *
 * @param runtime the OCI runtime, a name on the PATH or a path
 * @param directory for bundles and the runtime's state; tmpfs, private to the worker
 * @param processes which ones a step sees
 */
public record SandboxConfig(String runtime, Path directory, Processes processes) {
  /** Which processes a step sees and may signal. */
  public enum Processes {
    /** Its own, in a process namespace that ends with it. */
    OWN,
    /**
     * All of the worker's, in the worker's own /proc: for containers in which the kernel allows no
     * new one. Weaker: docs/security-boundary.md.
     */
    SHARED
  }

  /** With processes of their own. */
  public SandboxConfig(String runtime, Path directory) {
    this(runtime, directory, Processes.OWN);
  }
}
