package dev.slipway.fleet;

import dev.slipway.protocol.worker.ContainerReport;

/**
 * Hears of one container at its worker, in order, on a thread that may be held up: the worker waits
 * then. The end comes last, once.
 */
public interface ContainerListener {
  void report(ContainerReport report);

  /**
   * Nothing is left of it, or nobody can tell.
   *
   * @param reason empty = it ended as it was told to
   */
  void ended(String reason);
}
