package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The farm's locks that one stage needs, taken one after the other in the order of their names so
 * that two stages never wait for each other. {@code this} guards what is held. @ThreadSafe
 */
final class StageLocks implements AutoCloseable {
  /** A lock that is free is had by then; nobody needs to read of it. */
  private static final Duration SILENT = Duration.ofMillis(500);

  private final FarmMounts.Locks locks;
  private final String buildId;
  private final SortedMap<String, String> wanted;
  private final Deque<FarmMounts.Held> held = new ArrayDeque<>();
  private @Nullable Thread taker;
  private boolean closed;

  /**
   * @param wanted ids of the mounts, with their names for people
   */
  StageLocks(FarmMounts.Locks locks, String buildId, SortedMap<String, String> wanted) {
    this.locks = locks;
    this.buildId = buildId;
    this.wanted = wanted;
  }

  boolean isEmpty() {
    return wanted.isEmpty();
  }

  /**
   * Begins to take them, on a thread of its own.
   *
   * @param waiting hears the name of a mount that somebody else has locked
   * @param taken runs when all are held
   * @param failed runs when the cluster cannot give them
   */
  synchronized void take(
      Consumer<String> waiting, Runnable taken, Consumer<SlipwayException> failed) {
    if (!closed) {
      taker = Thread.ofVirtual().name("mount-locks").start(() -> takeAll(waiting, taken, failed));
    }
  }

  private void takeAll(
      Consumer<String> waiting, Runnable taken, Consumer<SlipwayException> failed) {
    try {
      for (String id : wanted.keySet()) {
        FarmMounts.Held lock = acquire(id, () -> waiting.accept(wanted.get(id)));
        synchronized (this) {
          if (closed) {
            lock.close();
            return;
          }
          held.push(lock);
        }
      }
      taken.run();
    } catch (InterruptedException _) {
      // Closed meanwhile: nobody wants them any more.
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      failed.accept(
          new SlipwayException(
              ErrorKind.UNAVAILABLE,
              "locking of cache mounts " + String.join(", ", wanted.values()) + " failed: " + e,
              e));
    }
  }

  private FarmMounts.Held acquire(String id, Runnable waiting) throws InterruptedException {
    CountDownLatch had = new CountDownLatch(1);
    Thread watch =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (!had.await(SILENT.toMillis(), TimeUnit.MILLISECONDS)) {
                  waiting.run();
                }
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      return locks.acquire(id, buildId);
    } finally {
      had.countDown();
      watch.interrupt();
    }
  }

  /** Ends the waiting and gives back what is held. Closing twice is allowed. */
  @Override
  public void close() {
    Deque<FarmMounts.Held> back;
    synchronized (this) {
      closed = true;
      if (taker != null) {
        taker.interrupt();
      }
      back = new ArrayDeque<>(held);
      held.clear();
    }
    back.forEach(FarmMounts.Held::close);
  }
}
