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
 */
public record ExecSpec(
    String id,
    Path root,
    boolean readOnlyRoot,
    ExecMeta meta,
    List<SandboxMount> mounts,
    Op.Network network,
    Optional<Duration> timeout) {
  public ExecSpec {
    if (!id.matches("[a-z0-9-]{1,64}")) {
      throw new IllegalArgumentException("\"" + id + "\" is not a container id");
    }
    mounts = List.copyOf(mounts);
  }
}
