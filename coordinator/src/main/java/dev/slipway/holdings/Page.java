package dev.slipway.holdings;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A part of what was found.
 *
 * @param at when the workers were asked
 * @param found number of entries that match
 * @param bytes of one copy of each of them
 * @param entries the part asked for, in order
 * @param silent workers that did not answer, with the reason
 */
public record Page(
    Instant at, int found, long bytes, List<Holding> entries, Map<String, String> silent) {
  public Page {
    entries = List.copyOf(entries);
    silent = Map.copyOf(silent);
  }
}
