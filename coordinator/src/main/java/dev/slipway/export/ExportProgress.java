package dev.slipway.export;

import dev.slipway.error.SlipwayException;
import dev.slipway.progress.Progress;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.protocol.worker.StepStatus;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** The exporter's line in the client's view, and the lines below it. @ThreadSafe */
final class ExportProgress {
  private final Progress progress;
  private final Clock clock;
  private final VertexState vertex;

  ExportProgress(Progress progress, Clock clock, String uniqueId) {
    this.progress = progress;
    this.clock = clock;
    this.vertex = VertexState.internal(uniqueId, "exporting to image").started(clock.instant());
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

  private void send(String line, Instant start, Optional<Instant> completed) {
    progress.status(
        new StatusLine(
            line,
            vertex.digest(),
            line,
            0,
            0,
            completed.orElse(start),
            Optional.of(start),
            completed));
  }

  /** Something that takes time. */
  interface Work<T> {
    T run() throws SlipwayException, InterruptedException;
  }
}
