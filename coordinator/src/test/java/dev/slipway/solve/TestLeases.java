package dev.slipway.solve;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterConfig;
import dev.slipway.cluster.ClusterLocks;
import dev.slipway.cluster.Leases;
import dev.slipway.cluster.MapNames;
import dev.slipway.error.SlipwayException;
import dev.slipway.mounts.ClusterMountIndex;

/** Leases of a cluster of one, which lives as long as the tests. */
final class TestLeases {
  private static Cluster cluster;

  private TestLeases() {}

  static synchronized Leases alone() {
    try {
      if (cluster == null) {
        cluster = Cluster.start(ClusterConfig.alone());
      }
      return new Leases(cluster, MapNames.LEASES);
    } catch (SlipwayException e) {
      throw new AssertionError(e);
    }
  }

  /** The same cluster's cache mounts and their locks. */
  static FarmMounts mounts() {
    alone();
    ClusterLocks locks = new ClusterLocks(cluster);
    return new FarmMounts(
        new ClusterMountIndex(cluster), (name, build) -> locks.acquire(name, build)::close);
  }

  /** Nobody else runs anything. */
  static StepFollower nobody() {
    return (_, _, _) -> new StepFollower.End.Unknown();
  }
}
