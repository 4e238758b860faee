package dev.slipway.agent;

/** Places for things at once, shared by whoever starts them. @ThreadSafe */
final class Slots {
  private final int limit;
  private int taken; // guarded by this

  Slots(int limit) {
    this.limit = limit;
  }

  int limit() {
    return limit;
  }

  /** Takes a place, if there is one. */
  synchronized boolean take() {
    if (taken == limit) {
      return false;
    }
    taken++;
    return true;
  }

  synchronized void give() {
    taken--;
  }

  synchronized int taken() {
    return taken;
  }
}
