package dev.slipway.schedule;

import dev.slipway.error.SlipwayException;

/** The farm's queue. Calls only enqueue; the loop answers through the listener. @ThreadSafe */
public interface Scheduler {
  /**
   * Queues a stage. What the loop finds wrong with it later arrives as {@link Listener#failed}:
   * INVALID when workers are joined and none can run the platform ({@code no worker can run
   * linux/s390x: …}), UNAVAILABLE when no worker came for a while.
   *
   * @throws SlipwayException EXHAUSTED when the queue is full, UNAVAILABLE when the scheduler has
   *     stopped
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
     */
    void waiting(int ahead);

    /** The worker that had the stage left the farm. The stage is not queued any more. */
    void lost(String workerId);

    /**
     * The stage cannot be placed: nobody left who can run it, or it waited too long. It is not
     * queued any more.
     */
    void failed(SlipwayException reason);
  }
}
