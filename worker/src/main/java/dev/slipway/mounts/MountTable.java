package dev.slipway.mounts;

import dev.slipway.graph.Mount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The copies of all mounts, and who may have which. Guarded by its store's monitor. */
final class MountTable {
  /**
   * Copies of one mount that nobody uses: as many as builds of one project run at once on a usual
   * worker.
   */
  private static final int MAX_FREE = 4;

  private static final Comparator<MountCopy> BY_AGE =
      Comparator.<MountCopy>comparingLong(copy -> copy.version)
          .thenComparing(copy -> copy.lastUsedAt);

  private final Map<String, List<MountCopy>> copies = new HashMap<>();

  /** What a step can have. */
  sealed interface Offer {
    /** This copy. */
    record Ready(MountCopy copy) implements Offer {}

    /**
     * A new copy, which is to be made.
     *
     * @param older put aside in case that fails
     * @param newestHere version of the newest here, -1 = none
     */
    record Begin(Optional<MountCopy> older, long newestHere) implements Offer {}

    /** Nothing before somebody leaves. */
    record Wait() implements Offer {}
  }

  void add(MountCopy copy) {
    copies.computeIfAbsent(copy.mountId, _ -> new ArrayList<>()).add(copy);
  }

  /** All that are whole. */
  List<MountCopy> whole() {
    return copies.values().stream()
        .flatMap(List::stream)
        .filter(copy -> copy.state != MountCopy.State.BEGINNING)
        .toList();
  }

  List<MountCopy> newest() {
    return copies.keySet().stream().flatMap(mountId -> newest(mountId).stream()).toList();
  }

  Optional<MountCopy> newest(String mountId) {
    return usable(mountId).stream().max(BY_AGE);
  }

  boolean has(MountCopy copy) {
    return copies.getOrDefault(copy.mountId, List.of()).contains(copy);
  }

  /** Whether a copy is on its way here. */
  boolean isBeginning(String mountId) {
    return copies.getOrDefault(mountId, List.of()).stream()
        .anyMatch(copy -> copy.state == MountCopy.State.BEGINNING);
  }

  /** What the step can have now. */
  Offer offer(MountWish wish) {
    List<MountCopy> usable = usable(wish.id());
    if (wish.sharing() == Mount.Sharing.SHARED) {
      Optional<MountCopy> shared =
          usable.stream().filter(copy -> copy.state == MountCopy.State.SHARED).findFirst();
      if (shared.isPresent()) {
        return new Offer.Ready(shared.get());
      }
    }
    boolean beginning = isBeginning(wish.id());
    Optional<MountCopy> free =
        usable.stream().filter(copy -> copy.state == MountCopy.State.FREE).max(BY_AGE);
    boolean wait =
        switch (wish.sharing()) {
          case PRIVATE -> false;
          case SHARED -> beginning;
          case LOCKED -> beginning || (free.isEmpty() && !usable.isEmpty());
        };
    if (wait) {
      return new Offer.Wait();
    }
    long newestHere = usable.stream().mapToLong(copy -> copy.version).max().orElse(-1);
    boolean behind = wish.peers().stream().anyMatch(peer -> peer.version() > newestHere);
    return free.isPresent() && !behind
        ? new Offer.Ready(free.get())
        : new Offer.Begin(free, newestHere);
  }

  /**
   * Takes over what the farm says of the copies here; returns those to be removed.
   *
   * @return copies that were thrown away and that nobody is in; the others go with their last user
   */
  List<MountCopy> update(MountWish wish) {
    newest(wish.id())
        .ifPresent(newest -> newest.version = Math.max(newest.version, wish.heldVersion()));
    return usable(wish.id()).stream()
        .filter(copy -> copy.version < wish.oldest())
        .filter(this::drop)
        .toList();
  }

  /** Takes it out when nobody is in it; else it goes with the last. Returns whether it is out. */
  boolean drop(MountCopy copy) {
    copy.doomed = true;
    return copy.isIdle() && forget(copy);
  }

  /** Returns whether it was in. */
  boolean forget(MountCopy copy) {
    List<MountCopy> all = copies.get(copy.mountId);
    boolean was = all != null && all.remove(copy);
    if (was && all.isEmpty()) {
      copies.remove(copy.mountId);
    }
    return was;
  }

  /** Takes out those of the mount that are not needed, now that somebody has left one. */
  List<MountCopy> settle(String mountId) {
    List<MountCopy> away =
        new ArrayList<>(
            copies.getOrDefault(mountId, List.of()).stream()
                .filter(copy -> copy.doomed && copy.isIdle())
                .toList());
    List<MountCopy> free =
        usable(mountId).stream().filter(MountCopy::isIdle).sorted(BY_AGE).toList();
    away.addAll(free.subList(0, Math.max(0, free.size() - MAX_FREE)));
    away.forEach(this::forget);
    return away;
  }

  private List<MountCopy> usable(String mountId) {
    return copies.getOrDefault(mountId, List.of()).stream()
        .filter(copy -> !copy.doomed && copy.state != MountCopy.State.BEGINNING)
        .toList();
  }
}
