package dev.slipway.gc;

import dev.slipway.snapshot.LayerUsage;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The layers. What is held stays. @ThreadSafe */
final class LayerShelf implements Shelf {
  private final SnapshotStore store;
  private final Predicate<String> held;
  private final String worker;

  /**
   * @param worker its name, as people know it
   */
  LayerShelf(SnapshotStore store, Predicate<String> held, String worker) {
    this.store = store;
    this.worker = worker;
    this.held = held;
  }

  @Override
  public List<DiskRecord> records() {
    return store.usage().stream().map(this::record).toList();
  }

  private DiskRecord record(LayerUsage usage) {
    StoredLayer layer = usage.layer();
    return new DiskRecord(
        layer.id(),
        layer.id().startsWith("tree:") ? DiskRecord.Type.LOCAL : DiskRecord.Type.REGULAR,
        false,
        usage.pinned() || held.test(layer.id()),
        usage.bytes(),
        layer.blobSize(),
        usage.createdAt(),
        usage.lastUsedAt(),
        usage.uses(),
        usage.below().stream().toList(),
        description(layer.id()) + " on " + worker);
  }

  private static String description(String id) {
    return switch (id.substring(0, id.indexOf(':') + 1)) {
      case "chain:" -> "layer of an image";
      case "tree:" -> "files of a local context";
      case "part:" -> "part of another worker's result";
      default -> "result of a step";
    };
  }

  @Override
  public List<DiskRecord> remove(List<DiskRecord> records) {
    Map<String, DiskRecord> byId = new HashMap<>();
    records.forEach(record -> byId.put(record.id(), record));
    return store
        .delete(records.stream().map(DiskRecord::id).toList(), id -> !held.test(id))
        .stream()
        .map(deleted ->
            gone(byId.get(deleted.layer().id()), deleted.bytes(), deleted.layer().blobSize()))
        .toList();
  }

  @Override
  public List<DiskRecord> dropBlobs(List<DiskRecord> records) {
    return records.stream()
        .flatMap(record ->
            store.dropBlob(record.id(), id -> !held.test(id)).stream()
                .map(before -> gone(record, before.blobSize(), 0)))
        .toList();
  }

  /** It may have got a compressed copy, or lost it, since it was looked at. */
  private static DiskRecord gone(DiskRecord record, long size, long blobBytes) {
    return new DiskRecord(
        record.id(),
        record.type(),
        record.mutable(),
        false,
        size,
        blobBytes,
        record.createdAt(),
        record.lastUsedAt(),
        record.uses(),
        record.parents(),
        record.description());
  }

  @Override
  public long pendingBytes() {
    return store.pendingBytes();
  }

  @Override
  public boolean awaitRemoved(Duration patience) throws InterruptedException {
    return store.awaitDeleted(patience);
  }
}
