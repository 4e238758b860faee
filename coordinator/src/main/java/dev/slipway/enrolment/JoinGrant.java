package dev.slipway.enrolment;

import java.time.Instant;

/**
 * What a join token is good for; the farm knows the token by its hash alone.
 *
 * @param ends when it is worth nothing any more
 * @param once whether one worker may use it, once
 * @param usedBy who has used it, and its key's hash; empty = nobody. Of a token for one use only
 */
record JoinGrant(Instant ends, boolean once, String usedBy) {
  boolean isOver(Instant now) {
    return !now.isBefore(ends);
  }

  /**
   * What is known of one token at two places: a use is not forgotten. Of two uses, which only a
   * clock set back can bring about, all places choose the same.
   */
  JoinGrant and(JoinGrant other) {
    boolean mine =
        other.usedBy.isEmpty() || (!usedBy.isEmpty() && usedBy.compareTo(other.usedBy) <= 0);
    return mine ? this : other;
  }
}
