package dev.slipway.agent;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Things under way by id for one coordinator, each on a virtual thread that an interrupt cancels
 * and in one of the slots. {@code this} guards the table. @ThreadSafe
 */
final class RunningTasks {
  private final String name;
  private final Slots slots;
  private final Map<String, Thread> running = new HashMap<>();
  private boolean closed;

  /**
   * @param slots perhaps shared with others
   */
  RunningTasks(String name, Slots slots) {
    this.name = name;
    this.slots = slots;
  }

  /** Why a task was not started. */
  enum Admission {
    STARTED,
    FULL,
    DUPLICATE,
    CLOSED
  }

  /**
   * Starts the task unless no slot is free or the id is under way.
   *
   * @param report gets the result after the task's place has been given up: whoever hears of it may
   *     send the next at once
   */
  synchronized <T> Admission start(String id, Supplier<T> task, Consumer<T> report) {
    if (closed) {
      return Admission.CLOSED;
    }
    if (running.containsKey(id)) {
      return Admission.DUPLICATE;
    }
    if (!slots.take()) {
      return Admission.FULL;
    }
    Thread thread =
        Thread.ofVirtual()
            .name(name + "-" + id)
            .unstarted(() -> {
              T result;
              try {
                result = task.get();
              } finally {
                ended(id);
              }
              report.accept(result);
            });
    running.put(id, thread);
    thread.start();
    return Admission.STARTED;
  }

  private synchronized void ended(String id) {
    running.remove(id);
    slots.give();
    notifyAll();
  }

  synchronized void cancel(String id) {
    Thread thread = running.get(id);
    if (thread != null) {
      thread.interrupt();
    }
  }

  synchronized void cancelAll() {
    List.copyOf(running.values()).forEach(Thread::interrupt);
  }

  synchronized int count() {
    return running.size();
  }

  /** Takes nothing new. */
  synchronized void close() {
    closed = true;
  }

  /** Waits until nothing is under way; returns false when it took longer. */
  synchronized boolean await(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!running.isEmpty()) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
