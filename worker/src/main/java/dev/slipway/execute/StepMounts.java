package dev.slipway.execute;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.mounts.MountBeginning;
import dev.slipway.mounts.MountRecord;
import dev.slipway.mounts.MountUse;
import dev.slipway.mounts.MountWish;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.HeldMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The cache mounts of one process, held while it runs. One that is mounted in two places is held
 * once. Owned by the step's thread.
 */
final class StepMounts implements AutoCloseable {
  private final Map<String, MountUse> uses = new HashMap<>(); // by mount id
  private final Map<String, String> idsByDestination = new HashMap<>();

  private StepMounts() {}

  /** What is wished of one mount in one or more places. */
  private record Wished(MountWish wish, Mount first) {}

  /**
   * Takes all of them, waiting where their sharing demands it; in the order of their ids, so that
   * two steps never wait for each other.
   *
   * @param told what the coordinator said of them
   * @param beginnings what a new copy begins with
   */
  static StepMounts take(
      Op.Exec op,
      List<CacheMount> told,
      CacheMounts store,
      Function<Mount, MountBeginning> beginnings,
      Consumer<String> notes)
      throws SlipwayException, InterruptedException {
    StepMounts mounts = new StepMounts();
    Map<String, Wished> wished = new TreeMap<>();
    for (Mount mount : op.mounts()) {
      if (mount.kind() instanceof Mount.Kind.Cache cache) {
        CacheMount known = told(told, mount);
        mounts.idsByDestination.put(mount.destination(), known.getMountId());
        wished.merge(
            known.getMountId(),
            new Wished(wish(cache, mount, known), mount),
            (one, other) -> new Wished(both(one.wish(), other.wish()), one.first()));
      }
    }
    boolean complete = false;
    try {
      for (Wished one : wished.values()) {
        mounts.uses.put(
            one.wish().id(), store.use(one.wish(), beginnings.apply(one.first()), notes));
      }
      complete = true;
      return mounts;
    } finally {
      if (!complete) {
        mounts.close();
      }
    }
  }

  private static CacheMount told(List<CacheMount> told, Mount mount) throws SlipwayException {
    return told.stream()
        .filter(known -> known.getDestination().equals(mount.destination()))
        .findFirst()
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.INTERNAL,
                "the coordinator did not say where the cache mount at "
                    + mount.destination()
                    + " is"));
  }

  private static MountWish wish(Mount.Kind.Cache cache, Mount mount, CacheMount known) {
    return new MountWish(
        known.getMountId(),
        known.getName(),
        cache.sharing(),
        !mount.readOnly(),
        known.getVersion(),
        known.getHeldVersion(),
        known.getOldest(),
        known.getCopiesList().stream()
            .map(
                copy -> new MountWish.Peer(copy.getUrl(), known.getCapability(), copy.getVersion()))
            .toList());
  }

  /** The stricter sharing, and writable when one of them is. */
  private static MountWish both(MountWish one, MountWish other) {
    Mount.Sharing sharing =
        one.sharing().compareTo(other.sharing()) < 0 ? other.sharing() : one.sharing();
    return new MountWish(
        one.id(),
        one.name(),
        sharing,
        one.writable() || other.writable(),
        one.version(),
        one.heldVersion(),
        one.oldest(),
        one.peers());
  }

  /** The directory for the mount. */
  Path directory(Mount mount) {
    return uses.get(idsByDestination.get(mount.destination())).directory();
  }

  /** The process has ended, well or not: gives them back and returns those that it could write. */
  List<HeldMount> finish() {
    List<HeldMount> used = new ArrayList<>();
    uses.values().forEach(use -> use.finish().map(StepMounts::wire).ifPresent(used::add));
    return used;
  }

  /** As the protocol carries it. */
  static HeldMount wire(MountRecord mount) {
    return HeldMount.newBuilder()
        .setMountId(mount.mountId())
        .setName(mount.name())
        .setSize(mount.size())
        .setVersion(mount.version())
        .build();
  }

  @Override
  public void close() {
    uses.values().forEach(MountUse::close);
  }
}
