package dev.slipway.control;

/** The right to interrupt one thread while it does one thing. @ThreadSafe */
final class Interruption implements AutoCloseable {
  private final Thread thread;
  private boolean closed; // guarded by this

  private Interruption(Thread thread) {
    this.thread = thread;
  }

  static Interruption ofThisThread() {
    return new Interruption(Thread.currentThread());
  }

  /** Interrupts the thread if it is still at it. */
  synchronized void fire() {
    if (!closed) {
      thread.interrupt();
    }
  }

  /** The thread is done; it must not carry an interrupt into what it does next. Called by it. */
  @Override
  public synchronized void close() {
    closed = true;
    Thread.interrupted();
  }
}
