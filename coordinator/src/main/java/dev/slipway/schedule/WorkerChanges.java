package dev.slipway.schedule;

/** Told of the workers that come and go. Calls do not block. @ThreadSafe */
public interface WorkerChanges {
  /**
   * The worker is ready for stages. A worker of the same id that was there before is gone, its
   * stages lost.
   */
  void workerJoined(WorkerCapacity worker);

  /** The worker takes no new stage; those that it has go on. It leaves later, or joins anew. */
  void workerDraining(String workerId);

  /** The worker is gone, its stages lost. */
  void workerLeft(String workerId);
}
