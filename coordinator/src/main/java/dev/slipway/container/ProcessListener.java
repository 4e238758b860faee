package dev.slipway.container;

import java.util.Optional;

/**
 * Hears of one process: its start, what it writes, its end, in this order. On a thread that may be
 * held up; the whole container waits then.
 */
public interface ProcessListener {
  void started();

  /**
   * @param stream 1 stdout, 2 stderr
   */
  void output(int stream, byte[] data);

  /** It ended; empty = well. */
  void exited(Optional<ProcessFailure> failure);
}
