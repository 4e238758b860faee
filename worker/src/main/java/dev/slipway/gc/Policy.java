package dev.slipway.gc;

import dev.slipway.config.GcSettings;
import dev.slipway.config.GcSettings.Space;
import dev.slipway.error.SlipwayException;
import dev.slipway.pattern.FieldFilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One rule, for a disk of known size. Sizes in bytes, 0 = not said; with none said everything that
 * matches goes.
 *
 * @param all also what the worker keeps for itself
 * @param keepDuration what was used since then stays
 * @param reserved stays in any case
 * @param maxUsed of all records together
 * @param minFree of the disk
 * @param blobsOnly compressed copies go and the layers stay
 */
public record Policy(
    FieldFilter filter,
    boolean all,
    Duration keepDuration,
    long reserved,
    long maxUsed,
    long minFree,
    boolean blobsOnly) {
  /** What is said to be the most easily made again, and how long it may idle above this size. */
  private static final List<String> CHEAP =
      List.of("type==source.local", "type==exec.cachemount", "type==source.git.checkout");

  private static final Space CHEAP_FROM = Space.ofBytes(512_000_000);
  private static final Duration CHEAP_IDLE = Duration.ofDays(2);

  private static final Duration LONG_UNUSED = Duration.ofDays(60);

  /** A build's own push needs the copies it made; that of a later build makes them again. */
  private static final Duration BLOB_IDLE = Duration.ofMinutes(10);

  /** Shares of the disk, and bounds of them on large ones, as buildkitd has them. */
  private static final int RESERVED_PERCENT = 10;

  private static final long RESERVED_MOST = 10_000_000_000L;
  private static final int FREE_PERCENT = 20;
  private static final int USED_PERCENT = 80;
  private static final long USED_MOST = 100_000_000_000L;

  /** The rules of a configuration, those that follow from its sizes when it names none. */
  static List<Policy> of(GcSettings settings, long diskBytes) throws SlipwayException {
    List<GcSettings.Policy> rules =
        settings.policies().isEmpty() ? defaults(settings, diskBytes) : settings.policies();
    List<Policy> policies = new ArrayList<>();
    for (GcSettings.Policy rule : rules) {
      policies.add(
          new Policy(
              FieldFilter.parse(rule.filters()),
              rule.all(),
              rule.keepDuration(),
              rule.reservedSpace().of(diskBytes),
              rule.maxUsedSpace().of(diskBytes),
              rule.minFreeSpace().of(diskBytes),
              rule.blobsOnly()));
    }
    return List.copyOf(policies);
  }

  private static List<GcSettings.Policy> defaults(GcSettings settings, long diskBytes) {
    Space reserved = settings.reservedSpace();
    Space maxUsed = settings.maxUsedSpace();
    Space minFree = settings.minFreeSpace();
    if (!reserved.isSet() && !maxUsed.isSet() && !minFree.isSet()) {
      reserved = least(Space.ofPercent(RESERVED_PERCENT), RESERVED_MOST, diskBytes);
      maxUsed = least(Space.ofPercent(USED_PERCENT), USED_MOST, diskBytes);
      minFree = Space.ofPercent(FREE_PERCENT);
    }
    Duration now = Duration.ZERO;
    return List.of(
        new GcSettings.Policy(CHEAP, false, CHEAP_IDLE, Space.NONE, CHEAP_FROM, Space.NONE, false),
        new GcSettings.Policy(List.of(), false, LONG_UNUSED, reserved, maxUsed, minFree, false),
        new GcSettings.Policy(List.of(), false, BLOB_IDLE, reserved, maxUsed, minFree, true),
        new GcSettings.Policy(List.of(), false, now, reserved, maxUsed, minFree, false),
        new GcSettings.Policy(List.of(), true, now, reserved, maxUsed, minFree, false));
  }

  private static Space least(Space share, long most, long diskBytes) {
    return share.of(diskBytes) > most ? Space.ofBytes(most) : share;
  }

  /** Whether it has a bound of space, and is done once that is kept. */
  boolean isBounded() {
    return reserved != 0 || maxUsed != 0 || minFree != 0;
  }

  /**
   * Bytes that have to go.
   *
   * @param used by all records
   * @param free on the disk
   */
  long excess(long used, long free) {
    if (!isBounded()) {
      return Long.MAX_VALUE;
    }
    long keep = maxUsed == 0 ? used : Math.min(used, maxUsed);
    if (maxUsed == 0 && minFree == 0) {
      keep = 0;
    }
    keep = Math.min(keep, used - Math.max(0, minFree - free));
    return Math.max(0, used - Math.max(keep, reserved));
  }
}
