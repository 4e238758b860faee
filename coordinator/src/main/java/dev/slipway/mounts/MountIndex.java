package dev.slipway.mounts;

import dev.slipway.protocol.worker.HeldMount;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What the farm knows of copies of cache mounts, by the mounts' ids. Blocking. @ThreadSafe */
public interface MountIndex {
  /**
   * A copy that a worker has.
   *
   * @param size in bytes
   */
  record Held(String mountId, long version, long size) {
    /** As workers say it. */
    public static List<Held> of(Collection<HeldMount> mounts) {
      return mounts.stream()
          .map(mount -> new Held(mount.getMountId(), mount.getVersion(), mount.getSize()))
          .toList();
    }
  }

  /** What is known of those; one round trip. */
  Map<String, MountPlaces> find(Collection<String> mountIds);

  /** Steps on the worker have written to its copies. Malformed ids are left out. */
  void used(String worker, Collection<Held> copies);

  /** The worker says which copies it has. Malformed ids are left out. */
  void held(String worker, Collection<Held> copies);

  /** No copy that there is now is to be used. */
  void discard(Collection<String> mountIds);
}
