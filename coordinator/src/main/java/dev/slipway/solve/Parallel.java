package dev.slipway.solve;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Blocking requests side by side, each on a virtual thread. */
public final class Parallel {
  /** Requests of one caller at a time: registries count connections. */
  private static final int MOST_AT_ONCE = 8;

  private Parallel() {}

  /** Blocking work on one item. */
  public interface Work<I, O> {
    O of(I item) throws SlipwayException, InterruptedException;
  }

  /**
   * Returns the results in the order of the items; the first failure, or an interrupt, ends the
   * others.
   */
  public static <I, O> List<O> map(Collection<I> items, Work<I, O> work)
      throws SlipwayException, InterruptedException {
    List<O> results = new ArrayList<>(items.size());
    if (items.size() == 1) {
      results.add(work.of(items.iterator().next()));
      return results;
    }
    Semaphore places = new Semaphore(MOST_AT_ONCE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<O>> futures = new ArrayList<>();
      for (I item : items) {
        futures.add(
            threads.submit(() -> {
              places.acquire();
              try {
                return work.of(item);
              } finally {
                places.release();
              }
            }));
      }
      try {
        for (Future<O> future : futures) {
          results.add(future.get());
        }
        return results;
      } catch (ExecutionException e) {
        throw unwrapped(e);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private static SlipwayException unwrapped(ExecutionException failure) {
    return switch (failure.getCause()) {
      case SlipwayException known -> known;
      case RuntimeException bug -> throw bug;
      case Error bug -> throw bug;
      case null, default ->
          new SlipwayException(ErrorKind.CANCELLED, "the work was interrupted", failure);
    };
  }
}
