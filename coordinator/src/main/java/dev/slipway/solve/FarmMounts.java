package dev.slipway.solve;

import dev.slipway.mounts.MountIndex;

/** What the farm has for steps with cache mounts. */
public record FarmMounts(MountIndex index, Locks locks) {
  /** Locks of the whole farm by name. */
  @FunctionalInterface
  public interface Locks {
    /** Blocks until the lock is held; an interrupt ends the waiting. */
    Held acquire(String name, String buildId) throws InterruptedException;
  }

  /** A lock until it is closed, once or more often. */
  @FunctionalInterface
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }
}
