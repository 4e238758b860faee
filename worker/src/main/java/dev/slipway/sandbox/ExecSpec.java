package dev.slipway.sandbox;

import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What to run.
 *
 * @param id names the container; unique among those that run, {@code [a-z0-9-]}
 * @param root directory with the root filesystem, a mount point; nobody else writes to it meanwhile
 * @param mounts in the order in which they are mounted
 * @param timeout the process is killed after it; empty = none
 * @param insecure whether it may do all that the worker's user namespace allows
 * @param secrets more of its environment
 */
public record ExecSpec(
    String id,
    Path root,
    boolean readOnlyRoot,
    ExecMeta meta,
    List<SandboxMount> mounts,
    Op.Network network,
    Optional<Duration> timeout,
    boolean insecure,
    List<SecretVariable> secrets) {
  public ExecSpec {
    if (!id.matches("[a-z0-9-]{1,64}")) {
      throw new IllegalArgumentException("\"" + id + "\" is not a container id");
    }
    mounts = List.copyOf(mounts);
    secrets = List.copyOf(secrets);
  }

  /** With the ordinary rights and no secrets. */
  public ExecSpec(
      String id,
      Path root,
      boolean readOnlyRoot,
      ExecMeta meta,
      List<SandboxMount> mounts,
      Op.Network network,
      Optional<Duration> timeout) {
    this(id, root, readOnlyRoot, meta, mounts, network, timeout, false, List.of());
  }

  /** The same process with other settings. */
  ExecSpec with(ExecMeta other) {
    return new ExecSpec(id, root, readOnlyRoot, other, mounts, network, timeout, insecure, secrets);
  }
}
