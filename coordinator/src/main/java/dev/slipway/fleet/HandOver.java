package dev.slipway.fleet;

/** What becomes of that which only a leaving worker holds. */
public interface HandOver {
  /** Returns when nothing here needs the worker any more, or it has left; blocks. */
  void from(WorkerNode leaving) throws InterruptedException;
}
