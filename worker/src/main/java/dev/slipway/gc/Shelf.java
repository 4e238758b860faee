package dev.slipway.gc;

import java.time.Duration;
import java.util.List;

/** A store of a worker whose records can go one by one. @ThreadSafe */
public interface Shelf {
  /** Everything on it; a record is in use when it must stay for its own sake. */
  List<DiskRecord> records();

  /** Removes those that may still go, in that order; returns what is gone. */
  List<DiskRecord> remove(List<DiskRecord> records);

  /** Drops only the compressed copies of those that may still lose them; returns what is gone. */
  default List<DiskRecord> dropBlobs(List<DiskRecord> records) {
    return List.of();
  }

  /** Bytes of what was removed that are still on the disk. */
  default long pendingBytes() {
    return 0;
  }

  /** Waits until the bytes of what was removed are gone; false when it took longer. */
  default boolean awaitRemoved(Duration patience) throws InterruptedException {
    return true;
  }
}
