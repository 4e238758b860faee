package dev.slipway.fleet;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.StepStatus;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** A question to a worker that waits for its answer. @ThreadSafe */
final class PendingReply<T> {
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private final Consumer<StepStatus> progress;
  private final long asked = System.nanoTime();
  private volatile long lastNews = asked;

  PendingReply(Consumer<StepStatus> progress) {
    this.progress = progress;
  }

  void news(StepStatus status) {
    lastNews = System.nanoTime();
    progress.accept(status);
  }

  void answer(T reply) {
    answer.complete(reply);
  }

  void fail(SlipwayException reason) {
    answer.completeExceptionally(reason);
  }

  /**
   * Waits for the answer.
   *
   * @param what for the message: {@code push 7 at worker w1}
   * @param silence longest time without news
   * @param total longest time at all, from when the question was made
   * @throws SlipwayException what {@link #fail} was given, or UNAVAILABLE on a time-out
   */
  T await(String what, Duration silence, Duration total)
      throws SlipwayException, InterruptedException {
    while (true) {
      long now = System.nanoTime();
      long left = Math.min(asked + total.toNanos() - now, lastNews + silence.toNanos() - now);
      try {
        return answer.get(Math.max(0, left), TimeUnit.NANOSECONDS);
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      } catch (TimeoutException _) {
        now = System.nanoTime();
        if (now - asked >= total.toNanos()) {
          throw new SlipwayException(
              ErrorKind.UNAVAILABLE, what + " did not end in " + seconds(total));
        }
        if (now - lastNews >= silence.toNanos()) {
          throw new SlipwayException(
              ErrorKind.UNAVAILABLE, what + " gave no sign of life for " + seconds(silence));
        }
      }
    }
  }

  private static String seconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
  }

  private static SlipwayException failure(Throwable cause) {
    if (cause instanceof SlipwayException reason) {
      return new SlipwayException(reason.kind(), reason.getMessage(), reason);
    }
    return new SlipwayException(
        ErrorKind.INTERNAL, "a reply of a worker was lost: " + cause, cause);
  }
}
