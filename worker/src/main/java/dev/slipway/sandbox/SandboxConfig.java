package dev.slipway.sandbox;

import java.nio.file.Path;

/**
 * Where the sandbox works.
 *
 * @param runtime the OCI runtime, a name on the PATH or a path
 * @param directory for bundles and the runtime's state; tmpfs, private to the worker
 */
public record SandboxConfig(String runtime, Path directory) {}
