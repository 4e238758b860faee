package dev.slipway.durability;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Results whose layers have yet to be made durable, each once, oldest first. @ThreadSafe */
final class Backlog {
  /** Results of hours; what does not fit comes with the next look at the newest results. */
  private static final int MAX_TASKS = 10_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();
  private final Map<String, Task> tasks = new LinkedHashMap<>(); // guarded by lock
  private int underWay; // guarded by lock

  /**
   * A result.
   *
   * @param layers lowest first, at least one
   * @param attempts that failed
   */
  record Task(List<String> layers, int attempts) {
    Task {
      layers = List.copyOf(layers);
    }

    Task again() {
      return new Task(layers, attempts + 1);
    }
  }

  /** Returns whether there was room for it. */
  boolean add(Task task) {
    lock.lock();
    try {
      String top = task.layers().getLast();
      if (tasks.size() >= MAX_TASKS && !tasks.containsKey(top)) {
        return false;
      }
      tasks.put(top, task);
      added.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a task; {@link #done} is to be called for it. */
  Task take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (tasks.isEmpty()) {
        added.await();
      }
      String oldest = tasks.keySet().iterator().next();
      underWay++;
      return tasks.remove(oldest);
    } finally {
      lock.unlock();
    }
  }

  void done() {
    lock.lock();
    try {
      underWay--;
    } finally {
      lock.unlock();
    }
  }

  /** Tasks that wait or are under way. */
  int size() {
    lock.lock();
    try {
      return tasks.size() + underWay;
    } finally {
      lock.unlock();
    }
  }
}
