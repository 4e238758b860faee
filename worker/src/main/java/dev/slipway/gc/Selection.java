package dev.slipway.gc;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says what may go and in which order: the least recently used first, nothing before what stands on
 * it. A record is as much in use, and was used as lately, as any above it. Pure.
 */
final class Selection {
  private Selection() {}

  /** The records with what those above them make of them: in use, last use. */
  static List<DiskRecord> lifted(List<DiskRecord> records) {
    Map<String, DiskRecord> lifted = new HashMap<>();
    Map<String, Integer> above = new HashMap<>();
    for (DiskRecord record : records) {
      lifted.put(record.id(), record);
      record.parents().forEach(parent -> above.merge(parent, 1, Integer::sum));
    }
    Deque<String> open = new ArrayDeque<>();
    records.stream().map(DiskRecord::id).filter(id -> !above.containsKey(id)).forEach(open::add);
    while (!open.isEmpty()) {
      DiskRecord child = lifted.get(open.remove());
      for (String id : child.parents()) {
        DiskRecord parent = lifted.get(id);
        if (parent == null) {
          continue;
        }
        Instant used =
            parent.lastUsedAt().isBefore(child.lastUsedAt())
                ? child.lastUsedAt()
                : parent.lastUsedAt();
        lifted.put(id, parent.with(parent.inUse() || child.inUse(), used));
        if (above.merge(id, -1, Integer::sum) == 0) {
          open.add(id);
        }
      }
    }
    return records.stream().map(record -> lifted.get(record.id())).toList();
  }

  /**
   * What the policy lets go, first to go first, each after all that stands on it.
   *
   * @param records lifted
   */
  static List<DiskRecord> inOrder(Policy policy, List<DiskRecord> records, Instant now) {
    Instant cutOff = now.minus(policy.keepDuration());
    Map<String, DiskRecord> byId = new HashMap<>();
    records.forEach(record -> byId.put(record.id(), record));
    Set<String> stay = new HashSet<>();
    List<DiskRecord> candidates = new ArrayList<>();
    for (DiskRecord record : records) {
      boolean young = !policy.keepDuration().isZero() && record.lastUsedAt().isAfter(cutOff);
      boolean goes =
          !record.inUse()
              && !young
              && (policy.all() || record.type() != DiskRecord.Type.INTERNAL)
              && policy.filter().matches(record.fields());
      if (goes) {
        candidates.add(record);
      } else if (!policy.blobsOnly()) {
        stayBelow(record, byId, stay);
      }
    }
    Map<String, Integer> heights = new HashMap<>();
    return candidates.stream()
        .filter(record -> !stay.contains(record.id()))
        .filter(record -> !policy.blobsOnly() || record.blobBytes() > 0)
        .map(record -> policy.blobsOnly() ? record.onlyBlob() : record)
        .sorted(
            Comparator.comparing(DiskRecord::lastUsedAt)
                .thenComparing(
                    Comparator.comparingInt((DiskRecord record) -> height(record, byId, heights))
                        .reversed())
                .thenComparing(DiskRecord::id))
        .toList();
  }

  private static void stayBelow(DiskRecord record, Map<String, DiskRecord> byId, Set<String> stay) {
    Deque<DiskRecord> open = new ArrayDeque<>(List.of(record));
    while (!open.isEmpty()) {
      for (String id : open.remove().parents()) {
        if (stay.add(id) && byId.containsKey(id)) {
          open.add(byId.get(id));
        }
      }
    }
  }

  /** Records below it, along the longest way down. */
  private static int height(
      DiskRecord record, Map<String, DiskRecord> byId, Map<String, Integer> heights) {
    Deque<DiskRecord> open = new ArrayDeque<>(List.of(record));
    while (!open.isEmpty()) {
      DiskRecord top = open.getLast();
      // Something to go by, should records ever stand on each other in a ring.
      heights.putIfAbsent(top.id(), 0);
      DiskRecord unknown = null;
      int height = 0;
      for (String id : top.parents()) {
        if (byId.containsKey(id) && !heights.containsKey(id)) {
          unknown = byId.get(id);
        }
        height = Math.max(height, heights.getOrDefault(id, -1) + 1);
      }
      if (unknown == null) {
        heights.put(open.removeLast().id(), height);
      } else {
        open.addLast(unknown);
      }
    }
    return heights.get(record.id());
  }
}
