package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.oci.Digest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** One step that runs now, and the builds that wait for it. @ThreadSafe */
final class Flight {
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  private final List<Waiter> waiters = new CopyOnWriteArrayList<>();

  /** How it ended for those who waited. */
  sealed interface Outcome {
    /** The results by output. */
    record Landed(Map<Integer, LayerChain> results) implements Outcome {}

    /** The user's own failure: it would fail for everybody. */
    record Failed(String message, int exitCode) implements Outcome {}

    /** Whoever ran it gave up; somebody else may take it. */
    record Abandoned() implements Outcome {}
  }

  /** A build that sees the step's output as its own vertex {@code vertex}. */
  record Waiter(VertexProgress progress, Digest vertex) {}

  void join(Waiter waiter, Consumer<Outcome> onEnd) {
    waiters.add(waiter);
    outcome.thenAccept(onEnd);
  }

  void forEachWaiter(Consumer<Waiter> action) {
    waiters.forEach(action);
  }

  void end(Outcome end) {
    outcome.complete(end);
  }
}
