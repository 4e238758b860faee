package dev.slipway.cluster;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Locks of the whole cluster by name. Those who wait in this process get a lock in the order in
 * which they came; between coordinators it is the one whose next try comes first. A lock whose
 * holder's coordinator died is free as soon as the cluster knows it. @ThreadSafe
 */
public final class ClusterLocks {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterLocks.class);

  /**
   * Time between two tries while another coordinator holds the lock: random, so that no coordinator
   * is always the second; short against what is done under a lock.
   */
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);

  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  private final Leases leases;

  /** Guards the turns; its condition is signalled when members change. */
  private final ReentrantLock monitor = new ReentrantLock();

  private final Condition membersChanged = monitor.newCondition();
  private final Map<String, Turn> turns = new HashMap<>();

  public ClusterLocks(Cluster cluster) {
    this.leases = new Leases(cluster, MapNames.LOCKS);
    cluster.onChange(_ -> wake());
  }

  /** A lock that is held until it is closed, once or more often. */
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** The line of those who want one name in this process. */
  private static final class Turn {
    private final Semaphore next = new Semaphore(1, true);
    private int interested; // guarded by the monitor
  }

  /**
   * Blocks until the lock is held; to be called on a virtual thread. An interrupt ends the waiting
   * and leaves nothing behind.
   *
   * @param name of the lock, any text
   * @param buildId on whose behalf
   */
  public Held acquire(String name, String buildId) throws InterruptedException {
    Turn turn = enter(name);
    boolean held = false;
    try {
      turn.next.acquire();
      try {
        Lease lease = claim(name, buildId);
        held = true;
        return held(name, turn, lease);
      } finally {
        if (!held) {
          turn.next.release();
        }
      }
    } finally {
      if (!held) {
        exit(name, turn);
      }
    }
  }

  private Lease claim(String name, String buildId) throws InterruptedException {
    while (true) {
      Leases.Claim claim = leases.claim(List.of(name), buildId);
      if (claim.has(name)) {
        return claim.lease();
      }
      pause();
    }
  }

  private void pause() throws InterruptedException {
    long nanos =
        ThreadLocalRandom.current().nextLong(SHORTEST_PAUSE.toNanos(), LONGEST_PAUSE.toNanos());
    monitor.lockInterruptibly();
    try {
      membersChanged.awaitNanos(nanos);
    } finally {
      monitor.unlock();
    }
  }

  private Held held(String name, Turn turn, Lease lease) {
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      if (!open.compareAndSet(true, false)) {
        return;
      }
      try {
        leases.release(List.of(name), lease);
      } catch (RuntimeException e) {
        // The member is stopping: the lease ends with it.
        LOG.atWarn().addKeyValue("lock", name).setCause(e).log("lock not released");
      } finally {
        turn.next.release();
        exit(name, turn);
      }
    };
  }

  private Turn enter(String name) {
    monitor.lock();
    try {
      Turn turn = turns.computeIfAbsent(name, _ -> new Turn());
      turn.interested++;
      return turn;
    } finally {
      monitor.unlock();
    }
  }

  private void exit(String name, Turn turn) {
    monitor.lock();
    try {
      turn.interested--;
      if (turn.interested == 0) {
        turns.remove(name);
      }
    } finally {
      monitor.unlock();
    }
  }

  private void wake() {
    monitor.lock();
    try {
      membersChanged.signalAll();
    } finally {
      monitor.unlock();
    }
  }
}
