package dev.slipway.cluster;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Leases on keys: of all members one has a key. A lease counts only while its owner is in the
 * cluster, so nothing has to be cleaned up after a death. Within this process the caller sees to it
 * that a key is claimed by one at a time: a lease of this very member is taken for a leftover that
 * has not been released yet. @ThreadSafe
 */
public final class Leases {
  private final Cluster cluster;
  private final ClusterMap<Lease> map;
  private final AtomicLong serials = new AtomicLong();

  public Leases(Cluster cluster, MapNames map) {
    this.cluster = cluster;
    this.map = cluster.map(map, Lease.CODEC);
  }

  /**
   * What came of a claim.
   *
   * @param lease ours
   * @param holders who has each key now
   */
  public record Claim(Lease lease, Map<String, Lease> holders) {
    public Claim {
      holders = Map.copyOf(holders);
    }

    /** Whether the key is ours. */
    public boolean has(String key) {
      return lease.equals(holders.get(key));
    }
  }

  /** Claims those of the keys that no live member has; two round trips for all. */
  public Claim claim(Collection<String> keys, String buildId) {
    Lease mine = new Lease(cluster.self(), buildId, serials.incrementAndGet());
    Map<String, Lease> holders =
        map.update(
            keys,
            (_, before) -> Optional.of(before.filter(lease -> isAnothers(lease)).orElse(mine)));
    return new Claim(mine, holders);
  }

  /**
   * Gives the keys free where they are still under that very lease: our own, or one whose owner
   * says that it knows nothing of it.
   */
  public void release(Collection<String> keys, Lease lease) {
    map.update(keys, (_, before) -> before.filter(found -> !found.equals(lease)));
  }

  /** Whether the owner is in the cluster. */
  public boolean isLive(Lease lease) {
    return cluster.isLive(lease.owner());
  }

  private boolean isAnothers(Lease lease) {
    return isLive(lease) && !lease.owner().equals(cluster.self());
  }
}
