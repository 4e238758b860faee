package dev.slipway.mounts;

import dev.slipway.snapshot.DiffSize;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures copies one after the other, so that a cache of a million files costs one thread and no
 * step waits for it long. @ThreadSafe
 */
final class MountSizes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountSizes.class);

  /** A step waits that long for its own: ten thousand files are measured by then. */
  static final Duration PATIENCE = Duration.ofMillis(200);

  /** What is not measured then is measured after the next start. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(1);

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("mount-sizes").factory());

  /** Tells the size once it is known; waits for that no longer than {@code patience}. */
  void measure(Path directory, Duration patience, LongConsumer size) {
    Future<?> measuring;
    try {
      measuring =
          thread.submit(() -> {
            try {
              size.accept(DiffSize.of(directory));
            } catch (IOException e) {
              LOG.atDebug().setCause(e).log("cache mount not measured");
            }
          });
    } catch (RejectedExecutionException _) {
      return; // the worker is ending: measured after the next start
    }
    if (patience.isZero()) {
      return;
    }
    try {
      measuring.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      LOG.atDebug().log("cache mount is measured while the build goes on");
    } catch (ExecutionException e) {
      LOG.atWarn().setCause(e.getCause()).log("cache mount not measured");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    try {
      thread.awaitTermination(END_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
