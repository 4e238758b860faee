package dev.slipway.mounts;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The copies of one cache mount, one per worker.
 *
 * @param name of the mount, for people; empty = nobody has said it
 * @param oldest copies of lower versions were thrown away and must not be used any more
 * @param copies newest first, of different workers
 */
public record MountPlaces(String name, long oldest, List<Copy> copies) {
  /** Older ones than those of so many workers are not worth remembering. */
  static final int MOST_COPIES = 16;

  /**
   * Versions between two {@code oldest}: no step that began before can get its copy past the next.
   */
  private static final long GENERATION = 1L << 32;

  private static final Comparator<Copy> NEWEST_FIRST =
      Comparator.comparingLong(Copy::version).reversed().thenComparing(Copy::worker);

  /** Of a mount that nobody has used. After the order that it is made with. */
  public static final MountPlaces NONE = new MountPlaces("", 0, List.of());

  public MountPlaces {
    copies =
        copies.stream()
            .filter(copy -> copy.version() >= oldest)
            .sorted(NEWEST_FIRST)
            .limit(MOST_COPIES)
            .toList();
  }

  /**
   * A worker's copy.
   *
   * @param size in bytes
   */
  public record Copy(String worker, long version, long size) {}

  /** Version of the newest copy, wherever it is; 0 = there is none. */
  public long newest() {
    return copies.isEmpty() ? oldest : copies.getFirst().version();
  }

  /** The worker's copy. */
  public Optional<Copy> of(String worker) {
    return copies.stream().filter(copy -> copy.worker().equals(worker)).findFirst();
  }

  /** A step on the worker has written to its copy: what is finished last is the newest. */
  MountPlaces used(String worker, long version, long size) {
    if (version < oldest) {
      return this;
    }
    return with(new Copy(worker, Math.max(newest() + 1, version), size));
  }

  /** The worker says that it has a copy; what is known of it already is at least as good. */
  MountPlaces held(String worker, long version, long size) {
    Optional<Copy> known = of(worker);
    if (version < oldest || known.filter(copy -> copy.version() >= version).isPresent()) {
      return this;
    }
    return with(new Copy(worker, version, size));
  }

  /** No copy that there is now is to be used. */
  MountPlaces discarded() {
    return new MountPlaces(name, (newest() / GENERATION + 1) * GENERATION, List.of());
  }

  /** What people call it; those who do not know are not asked. */
  MountPlaces named(String said) {
    return said.isEmpty() ? this : new MountPlaces(said, oldest, copies);
  }

  private MountPlaces with(Copy copy) {
    List<Copy> all = new ArrayList<>(copies);
    all.removeIf(other -> other.worker().equals(copy.worker()));
    all.add(copy);
    return new MountPlaces(name, oldest, all);
  }
}
