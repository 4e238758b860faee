package dev.slipway.sandbox;

import dev.slipway.graph.ExecMeta;
import java.util.List;

/**
 * A process of a container.
 *
 * @param meta its host name and hosts are the container's, whatever this says
 * @param terminal whether its streams are a terminal
 * @param input whether it gets a stdin; else that is empty
 * @param insecure whether it may do all that the worker's user namespace allows
 * @param secrets more of its environment
 */
public record ProcessSpec(
    ExecMeta meta,
    boolean terminal,
    boolean input,
    boolean insecure,
    List<SecretVariable> secrets) {
  public ProcessSpec {
    secrets = List.copyOf(secrets);
  }

  /** With the ordinary rights and no secrets. */
  public ProcessSpec(ExecMeta meta, boolean terminal, boolean input) {
    this(meta, terminal, input, false, List.of());
  }
}
