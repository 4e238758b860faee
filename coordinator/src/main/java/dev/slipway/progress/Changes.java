package dev.slipway.progress;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells those who show something that it may have changed: a number that grows. Who is late misses
 * nothing, because the next look shows it all. @ThreadSafe
 */
public final class Changes {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private long version;

  /** Something changed. Never blocks for long. */
  public void happened() {
    lock.lock();
    try {
      version++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What {@link #await} is to be told of all that was seen by now. */
  public long version() {
    lock.lock();
    try {
      return version;
    } finally {
      lock.unlock();
    }
  }

  /** Returns once something has changed since {@code seen}, or after the time. */
  public void await(long seen, Duration patience) throws InterruptedException {
    long left = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (version == seen && left > 0) {
        left = changed.awaitNanos(Math.min(left, TimeUnit.DAYS.toNanos(1)));
      }
    } finally {
      lock.unlock();
    }
  }
}
