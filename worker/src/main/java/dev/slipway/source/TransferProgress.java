package dev.slipway.source;

import java.time.Instant;
import java.util.Optional;

/** Hears how transfers go. Called from the transfer's thread; must not block. */
@FunctionalInterface
public interface TransferProgress {
  TransferProgress NONE = _ -> {};

  void report(Status status);

  /**
   * @param id what is moved, as clients show it
   * @param current bytes so far
   * @param total bytes in all, 0 = unknown
   */
  record Status(
      String id, long current, long total, Instant started, Optional<Instant> completed) {}
}
