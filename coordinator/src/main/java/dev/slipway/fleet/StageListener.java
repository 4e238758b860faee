package dev.slipway.fleet;

import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;

/**
 * Hears of one stage on its worker. Events come in order on the worker's reader thread and must not
 * block it; the outcome or the loss comes last, one of them, once.
 */
public interface StageListener {
  void event(StageEvent event);

  void outcome(StageOutcome outcome);

  /**
   * This coordinator's link to the worker ended while the stage ran: the worker cancels it, if it
   * still lives.
   */
  void lost();
}
