package dev.slipway.gc;

import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.MountRecord;
import java.time.Duration;
import java.util.List;

/** The cache mounts, copy by copy. @ThreadSafe */
public final class MountShelf implements Shelf {
  private final CacheMounts mounts;

  public MountShelf(CacheMounts mounts) {
    this.mounts = mounts;
  }

  @Override
  public List<DiskRecord> records() {
    return mounts.records().stream().map(MountShelf::record).toList();
  }

  @Override
  public List<DiskRecord> remove(List<DiskRecord> records) {
    return records.stream()
        .flatMap(record -> mounts.delete(record.id()).stream())
        .map(MountShelf::record)
        .toList();
  }

  private static DiskRecord record(MountRecord mount) {
    return new DiskRecord(
        mount.id(),
        DiskRecord.Type.CACHE_MOUNT,
        true,
        mount.inUse(),
        mount.size(),
        0,
        mount.createdAt(),
        mount.lastUsedAt(),
        mount.uses(),
        List.of(),
        "cache mount " + mount.name());
  }

  @Override
  public long pendingBytes() {
    return mounts.pendingBytes();
  }

  @Override
  public boolean awaitRemoved(Duration patience) throws InterruptedException {
    return mounts.awaitRemoved(patience);
  }
}
