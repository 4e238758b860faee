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
   * @param name of the mount, for people; the end of a long one is left out
   * @param size in bytes
   */
  record Held(String mountId, String name, long version, long size) {
    /** Whatever a client calls its mount: the index keeps as much as a person would read. */
    private static final int LONGEST_NAME = 200;

    public Held {
      name = name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name;
    }

    /** As workers say it. */
    public static List<Held> of(Collection<HeldMount> mounts) {
      return mounts.stream()
          .map(mount ->
              new Held(mount.getMountId(), mount.getName(), mount.getVersion(), mount.getSize()))
          .toList();
    }
  }

  /** What is known of those; one round trip. */
  Map<String, MountPlaces> find(Collection<String> mountIds);

  /** The mounts that the worker has a copy of. Reads all that there are: for rare occasions. */
  Map<String, MountPlaces> heldBy(String worker);

  /** Steps on the worker have written to its copies. Malformed ids are left out. */
  void used(String worker, Collection<Held> copies);

  /** The worker says which copies it has. Malformed ids are left out. */
  void held(String worker, Collection<Held> copies);

  /** No copy that there is now is to be used. */
  void discard(Collection<String> mountIds);
}
