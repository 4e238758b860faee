package dev.slipway.execute;

import dev.slipway.graph.Mount;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.sandbox.ExecOutput;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a process runs with.
 *
 * @param inputs their chains, by input index
 * @param timeout what the stage still allows
 * @param cacheMounts what the coordinator knows of them
 * @param keepsFailures whether what a process that fails has written is kept
 * @param client what the coordinator told of the build's client
 * @param notes hears what a person may want to know
 * @param used gets those cache mounts that the process could write to, whatever became of it
 */
record StepContext(
    List<List<String>> inputs,
    Optional<Duration> timeout,
    ExecOutput output,
    List<CacheMount> cacheMounts,
    boolean keepsFailures,
    ClientSide client,
    Consumer<String> notes,
    Consumer<HeldMount> used) {
  /** The layers below a mount; none for an empty one. */
  List<String> chain(Mount mount) {
    return mount.input() < 0 ? List.of() : inputs.get(mount.input());
  }
}
