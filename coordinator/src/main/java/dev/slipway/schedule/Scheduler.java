package dev.slipway.schedule;

import dev.slipway.error.SlipwayException;

/** The farm's queue. Calls only enqueue; the loop answers through the listener. @ThreadSafe */
public interface Scheduler {
  /**
   * Queues a stage. What the loop finds wrong with it later arrives as {@link Listener#failed}:
   * EXHAUSTED when a bound of the queue is reached, INVALID when workers are joined and none that
   * can run it came for a while, UNAVAILABLE when no worker came at all.
   *
   * @throws SlipwayException EXHAUSTED when more is submitted than can be looked at, UNAVAILABLE
   *     when the scheduler has stopped
   */
  void submit(StageRequest request, Listener listener) throws SlipwayException;

  /**
   * Takes a stage out of the queue; nothing happens if it has been assigned. An assignment that was
   * on its way may still arrive: whoever does not want it answers with {@link #finished}.
   */
  void withdraw(String stageId);

  /** The stage is over on its worker: the slot is free. */
  void finished(String stageId);

  /**
   * The worker would not take the stage; it goes back to the head of its build's queue and not to
   * this worker for a while.
   */
  void refused(String stageId, String reason);

  /** Called by the loop; must not block. */
  interface Listener {
    /** The stage has a slot on the worker. */
    void assigned(String workerId);

    /**
     * The stage waits; {@code ahead} stages will probably run before it. Called when it changed
     * noticeably.
     *
     * @param reason what it waits for other than its turn; empty = nothing
     */
    void waiting(int ahead, String reason);

    /** The worker that had the stage left the farm. The stage is not queued any more. */
    void lost(String workerId);

    /**
     * The stage cannot be placed: nobody left who can run it, or it waited too long. It is not
     * queued any more.
     */
    void failed(SlipwayException reason);
  }
}
