package dev.slipway.source;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * One line of progress: its start, its course at a pace that a person can read, its end. Owner: the
 * transfer's thread.
 */
public final class StatusLine {
  /** BuildKit's pace. */
  private static final Duration PACE = Duration.ofMillis(150);

  private final TransferProgress progress;
  private final InstantSource clock;
  private final String id;
  private final long total;
  private final Instant started;
  private Instant last;
  private long current;

  private StatusLine(TransferProgress progress, InstantSource clock, String id, long total) {
    this.progress = progress;
    this.clock = clock;
    this.id = id;
    this.total = total;
    this.started = clock.instant();
    this.last = started;
  }

  /** Reports the start. @param total in bytes, 0 = unknown */
  public static StatusLine start(
      TransferProgress progress, InstantSource clock, String id, long total) {
    StatusLine line = new StatusLine(progress, clock, id, total);
    line.report(Optional.empty());
    return line;
  }

  /** So many bytes have been moved. */
  public void at(long bytes) {
    current = bytes;
    Instant now = clock.instant();
    if (Duration.between(last, now).compareTo(PACE) >= 0) {
      last = now;
      report(Optional.empty());
    }
  }

  /** Reports the end. */
  public void done() {
    current = Math.max(current, total);
    report(Optional.of(clock.instant()));
  }

  private void report(Optional<Instant> completed) {
    progress.report(new TransferProgress.Status(id, current, total, started, completed));
  }
}
