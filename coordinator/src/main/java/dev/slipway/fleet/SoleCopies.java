package dev.slipway.fleet;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Set;

/** What of one kind would be lost with a worker. @ThreadSafe */
public interface SoleCopies {
  /**
   * What only that worker has, that which is most worth keeping first. May read whole maps.
   *
   * @param staying ids of the workers that could have it as well
   */
  List<SoleCopy> at(WorkerNode leaving, Set<String> staying);

  /**
   * One thing that others lack.
   *
   * @param id of the thing as it is now: nobody tries twice to give away the same
   * @param room bytes that it takes of a disk; 0 = little, or not known
   * @param taking how another worker gets it
   */
  record SoleCopy(String id, long room, Taking taking) {}

  /** Has a worker fetch it. */
  @FunctionalInterface
  interface Taking {
    /** Returns when the worker has it; blocks, and an interrupt ends it. */
    void by(WorkerNode taker) throws SlipwayException, InterruptedException;
  }
}
