package dev.slipway;

import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/**
 * SIGTERM and SIGINT: the first asks the worker to drain, the second to end at once. The JVM's own
 * way, shutdown hooks, hears of one only. @ThreadSafe
 */
final class StopSignals {
  private final Thread main;
  private final CountDownLatch first = new CountDownLatch(1);
  private boolean draining; // guarded by this
  private boolean over; // guarded by this

  private StopSignals(Thread main) {
    this.main = main;
  }

  /** Listens from now on; the calling thread is the one that is interrupted. */
  static StopSignals listen() {
    StopSignals signals = new StopSignals(Thread.currentThread());
    Signal.handle(new Signal("TERM"), _ -> signals.heard());
    Signal.handle(new Signal("INT"), _ -> signals.heard());
    return signals;
  }

  /** A worker that does not work yet has nothing to drain and ends at the first signal. */
  private synchronized void heard() {
    boolean again = first.getCount() == 0;
    first.countDown();
    if (!over && (again || !draining)) {
      main.interrupt();
    }
  }

  /**
   * Waits for the first signal, which from now on does not interrupt.
   *
   * @throws InterruptedException when there was one before
   */
  void awaitFirst() throws InterruptedException {
    synchronized (this) {
      draining = true;
    }
    first.await();
  }

  /** From now on signals change nothing: the worker is ending. */
  synchronized void ending() {
    over = true;
    Thread.interrupted();
  }
}
