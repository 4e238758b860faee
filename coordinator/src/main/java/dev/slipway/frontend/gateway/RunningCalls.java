package dev.slipway.frontend.gateway;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The threads that work for one build now; the end of the build interrupts them. @ThreadSafe */
final class RunningCalls {
  /** Something that a caller waits for. */
  interface Work<T> {
    T run() throws SlipwayException, IOException, InterruptedException;
  }

  private final Set<Thread> threads = new HashSet<>();
  private boolean ended;
  private @Nullable Runnable last;
  private volatile Optional<SlipwayException> lastFailure = Optional.empty();

  /**
   * Runs the work on this thread. @throws InterruptedException when the build has ended, or ends
   * meanwhile
   */
  <T> T run(Work<T> work) throws SlipwayException, IOException, InterruptedException {
    enter();
    try {
      return work.run();
    } catch (SlipwayException e) {
      lastFailure = Optional.of(e);
      throw e;
    } finally {
      leave().run();
    }
  }

  /** What went wrong last; a client that gives up tells only a part of it. */
  Optional<SlipwayException> lastFailure() {
    return lastFailure;
  }

  synchronized void end() {
    ended = true;
    threads.forEach(Thread::interrupt);
  }

  private synchronized void enter() throws InterruptedException {
    if (ended) {
      throw new InterruptedException("the build has ended");
    }
    threads.add(Thread.currentThread());
  }

  /** Once the build has ended and the last call has left, does this, at once or on its thread. */
  void whenQuiet(Runnable action) {
    synchronized (this) {
      last = action;
    }
    over().run();
  }

  private Runnable leave() {
    synchronized (this) {
      threads.remove(Thread.currentThread());
    }
    return over();
  }

  private synchronized Runnable over() {
    Runnable action = last;
    if (action == null || !ended || !threads.isEmpty()) {
      return () -> {};
    }
    last = null;
    return action;
  }
}
