package dev.slipway.quota;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who has how much on the disks. Pure. */
final class Ledger {
  private final List<Entry> entries;
  private final Map<String, Long> bytes = new HashMap<>();

  /**
   * Something on a worker's disk.
   *
   * @param tenants whose it is; it counts for each of them
   * @param inUse whether it must stay now
   */
  record Entry(
      String worker, String id, Set<String> tenants, long size, Instant lastUse, boolean inUse) {
    Entry {
      tenants = Set.copyOf(tenants);
    }
  }

  Ledger(List<Entry> entries) {
    this.entries = List.copyOf(entries);
    for (Entry entry : entries) {
      entry.tenants().forEach(tenant -> bytes.merge(tenant, entry.size(), Long::sum));
    }
  }

  /** All that have anything. */
  Set<String> tenants() {
    return Set.copyOf(bytes.keySet());
  }

  /** Bytes by tenant. */
  Map<String, Long> bytes() {
    return Map.copyOf(bytes);
  }

  long bytes(String tenant) {
    return bytes.getOrDefault(tenant, 0L);
  }

  /**
   * What has to go so that the tenant keeps its bound: the least recently used first. What is in
   * use stays, and so does what is another's as well.
   *
   * @param bound in bytes
   */
  List<Entry> excess(String tenant, long bound) {
    long over = bytes(tenant) - bound;
    List<Entry> go = new ArrayList<>();
    if (over <= 0) {
      return go;
    }
    List<Entry> own =
        entries.stream()
            .filter(entry -> !entry.inUse() && entry.tenants().equals(Set.of(tenant)))
            .sorted(Comparator.comparing(Entry::lastUse).thenComparing(Entry::id))
            .toList();
    for (Entry entry : own) {
      if (over <= 0) {
        break;
      }
      go.add(entry);
      over -= entry.size();
    }
    return go;
  }
}
