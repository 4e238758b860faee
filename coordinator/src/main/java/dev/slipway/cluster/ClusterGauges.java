package dev.slipway.cluster;

import com.hazelcast.core.HazelcastInstance;
import dev.slipway.telemetry.ClusterMetric;
import dev.slipway.telemetry.Meters;

/** What a member can say of the cluster. */
final class ClusterGauges {
  private ClusterGauges() {}

  static void bind(Meters meters, Cluster cluster, HazelcastInstance member) {
    meters.gauge(ClusterMetric.MEMBERS, () -> cluster.members().size());
    meters.gauge(
        ClusterMetric.SAFE,
        () -> cluster.isRunning() && member.getPartitionService().isLocalMemberSafe() ? 1 : 0);
    for (MapNames name : MapNames.values()) {
      meters.gauge(
          ClusterMetric.MAP_ENTRIES,
          () ->
              cluster.isRunning()
                  ? member.getMap(name.text()).getLocalMapStats().getOwnedEntryCount()
                  : 0,
          name.text());
      meters.gauge(
          ClusterMetric.MAP_BYTES,
          () ->
              cluster.isRunning()
                  ? member.getMap(name.text()).getLocalMapStats().getOwnedEntryMemoryCost()
                  : 0,
          name.text());
    }
  }
}
