package dev.slipway.gc;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Records in memory; removing them frees the disk. */
final class FakeShelf implements Shelf, Disk {
  final Map<String, DiskRecord> records = new LinkedHashMap<>();
  final Set<String> lately = new HashSet<>();
  final List<Integer> steps = new ArrayList<>();
  long total = 1_000_000;
  long others;

  void put(DiskRecord record) {
    records.put(record.id(), record);
  }

  @Override
  public List<DiskRecord> records() {
    return List.copyOf(records.values());
  }

  @Override
  public List<DiskRecord> remove(List<DiskRecord> gone) {
    steps.add(gone.size());
    List<DiskRecord> removed = new ArrayList<>();
    for (DiskRecord record : gone) {
      if (!lately.contains(record.id()) && records.remove(record.id()) != null) {
        removed.add(record);
      }
    }
    return removed;
  }

  @Override
  public long total() {
    return total;
  }

  @Override
  public long free() {
    return total - others - records.values().stream().mapToLong(DiskRecord::size).sum();
  }
}
