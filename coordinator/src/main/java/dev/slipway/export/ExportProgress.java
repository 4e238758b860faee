package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.progress.Progress;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.protocol.worker.StepStatus;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** The exporter's line in the client's view, and the lines below it. @ThreadSafe */
public final class ExportProgress {
  /** Clients draw ten times a second. */
  private static final long REPORT_MILLIS = 100;

  private final Progress progress;
  private final Clock clock;
  private final VertexState vertex;

  /**
   * @param title of the exporter
   */
  ExportProgress(Progress progress, Clock clock, String uniqueId, String title) {
    this.progress = progress;
    this.clock = clock;
    this.vertex = VertexState.internal(uniqueId, title).started(clock.instant());
    progress.vertex(vertex);
  }

  void completed() {
    progress.vertex(vertex.completed(clock.instant()));
  }

  void failed(String message) {
    progress.vertex(vertex.failed(clock.instant(), message));
  }

  /**
   * Shows the line while the work lasts, and as completed in any case: an open line would hang in
   * the client.
   */
  <T> T during(String line, Work<T> work) throws SlipwayException, InterruptedException {
    Instant start = clock.instant();
    send(line, start, Optional.empty());
    try {
      return work.run();
    } finally {
      send(line, start, Optional.of(clock.instant()));
    }
  }

  /** Shows a line of something that took no time. */
  void mention(String line) {
    Instant now = clock.instant();
    send(line, now, Optional.of(now));
  }

  /** Passes a worker's line on; times are ours, because clocks differ. */
  void passOn(StepStatus status, Instant start) {
    Instant now = clock.instant();
    Optional<Instant> completed = status.hasCompleted() ? Optional.of(now) : Optional.empty();
    progress.status(
        new StatusLine(
            status.getId(),
            vertex.digest(),
            status.getId(),
            status.getCurrent(),
            status.getTotal(),
            now,
            Optional.of(start),
            completed));
  }

  /** The same for bytes that move; the work tells how many there are so far. */
  void transfer(String line, Transfer work) throws SlipwayException, InterruptedException {
    Instant start = clock.instant();
    AtomicLong moved = new AtomicLong();
    AtomicLong shown = new AtomicLong(start.toEpochMilli());
    send(line, 0, start, Optional.empty());
    try {
      work.run(bytes -> {
        moved.set(bytes);
        long now = clock.millis();
        long last = shown.get();
        if (now - last >= REPORT_MILLIS && shown.compareAndSet(last, now)) {
          send(line, bytes, start, Optional.empty());
        }
      });
    } finally {
      send(line, moved.get(), start, Optional.of(clock.instant()));
    }
  }

  private void send(String line, Instant start, Optional<Instant> completed) {
    send(line, 0, start, completed);
  }

  private void send(String line, long current, Instant start, Optional<Instant> completed) {
    progress.status(
        new StatusLine(
            line,
            vertex.digest(),
            line,
            current,
            0,
            completed.orElseGet(clock::instant),
            Optional.of(start),
            completed));
  }

  /** Something that takes time. */
  interface Work<T> {
    T run() throws SlipwayException, InterruptedException;
  }

  /** Something that moves bytes. */
  interface Transfer {
    void run(LongConsumer moved) throws SlipwayException, InterruptedException;
  }
}
