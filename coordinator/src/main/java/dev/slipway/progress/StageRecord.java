package dev.slipway.progress;

import dev.slipway.oci.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A stage as far as it has come.
 *
 * @param steps in their order
 * @param waits why it waited, the last ones, in their order
 * @param placed when it got the slot that it has or had last
 * @param worker name of the one that runs or ran it, empty before
 * @param outcome in one word; empty while it waits or runs
 */
public record StageRecord(
    String id,
    List<Digest> steps,
    String platform,
    Instant queued,
    List<String> waits,
    Optional<Instant> placed,
    String worker,
    Optional<Instant> ended,
    String outcome) {
  /** Reasons that are kept; a stage that is given back again and again has no end of them. */
  private static final int MAX_WAITS = 8;

  public StageRecord {
    steps = List.copyOf(steps);
    waits = List.copyOf(waits);
  }

  static StageRecord of(StageNews.Queued news) {
    return new StageRecord(
        news.stageId(),
        news.steps(),
        news.platform(),
        news.at(),
        List.of(),
        Optional.empty(),
        "",
        Optional.empty(),
        "");
  }

  /** Returns what it is after the news. */
  StageRecord after(StageNews news) {
    return switch (news) {
      case StageNews.Queued queued -> of(queued);
      case StageNews.Waiting(_, _, String reason) ->
          new StageRecord(
              id, steps, platform, queued, with(reason), placed, worker, ended, outcome);
      case StageNews.Placed(_, Instant at, String name) ->
          new StageRecord(
              id, steps, platform, queued, waits, Optional.of(at), name, Optional.empty(), "");
      case StageNews.Ended(_, Instant at, String how) ->
          new StageRecord(id, steps, platform, queued, waits, placed, worker, Optional.of(at), how);
    };
  }

  private List<String> with(String reason) {
    if (!waits.isEmpty() && waits.getLast().equals(reason)) {
      return waits;
    }
    List<String> all = new ArrayList<>(waits);
    all.add(reason);
    return all.subList(Math.max(0, all.size() - MAX_WAITS), all.size());
  }
}
