package dev.slipway.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionConfig;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MaxSizePolicy;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's member of the cluster. One member per farm for now: several coordinators are not
 * supported yet, so it joins nobody. @ThreadSafe
 */
public final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /**
   * A map is cut into this many parts; few, because starting costs by the part and a farm has few
   * coordinators.
   */
  private static final int PARTITIONS = 31;

  private final HazelcastInstance member;

  private Cluster(HazelcastInstance member) {
    this.member = member;
  }

  /** Starts the member; takes about a second. */
  public static Cluster start(ClusterConfig config) {
    long start = System.nanoTime();
    HazelcastInstance member = Hazelcast.newHazelcastInstance(memberConfig(config));
    LOG.atInfo()
        .addKeyValue("millis", Duration.ofNanos(System.nanoTime() - start).toMillis())
        .log("cluster member started");
    return new Cluster(member);
  }

  /** Returns the map of that name. */
  public <V> ClusterMap<V> map(MapNames name, Codec<V> codec) {
    return new ClusterMap<>(member.getMap(name.text()), codec);
  }

  public boolean isRunning() {
    return member.getLifecycleService().isRunning();
  }

  /** Leaves; what the maps hold is gone with the last member. */
  @Override
  public void close() {
    member.shutdown();
  }

  private static Config memberConfig(ClusterConfig settings) {
    Config config = new Config();
    config.setClusterName(settings.name());
    config.setProperty("hazelcast.logging.type", "slf4j");
    // Else every line carries the cluster's name, which lets in.
    config.setProperty("hazelcast.logging.details.enabled", "false");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.health.monitoring.level", "OFF");
    config.setProperty("hazelcast.partition.count", Integer.toString(PARTITIONS));
    // The maps serve one coordinator's look-ups: few threads do, and the cores belong to the
    // builds.
    config.setProperty("hazelcast.operation.thread.count", "2");
    config.setProperty("hazelcast.operation.generic.thread.count", "2");
    config.setProperty("hazelcast.operation.priority.generic.thread.count", "1");
    config.setProperty("hazelcast.operation.response.thread.count", "1");
    config.setProperty("hazelcast.io.thread.count", "1");
    config.setProperty("hazelcast.event.thread.count", "1");
    config.setProperty("hazelcast.clientengine.thread.count", "1");
    config.setProperty("hazelcast.clientengine.query.thread.count", "1");
    config.setProperty("hazelcast.clientengine.blocking.thread.count", "1");
    config.getMetricsConfig().setEnabled(false);
    config.getJetConfig().setEnabled(false);
    config
        .getSerializationConfig()
        .addDataSerializableFactory(CompareAndSet.FACTORY_ID, _ -> new CompareAndSet());
    listen(config.getNetworkConfig(), settings);
    for (MapNames name : MapNames.values()) {
      config.addMapConfig(mapConfig(name));
    }
    return config;
  }

  private static void listen(NetworkConfig network, ClusterConfig settings) {
    network.setPort(settings.port()).setPortAutoIncrement(true).setPortCount(1000);
    network.getInterfaces().setEnabled(true).addInterface(settings.host());
    network.getJoin().getAutoDetectionConfig().setEnabled(false);
    network.getJoin().getMulticastConfig().setEnabled(false);
    network.getJoin().getTcpIpConfig().setEnabled(false);
  }

  private static MapConfig mapConfig(MapNames name) {
    EvictionConfig eviction =
        new EvictionConfig()
            .setEvictionPolicy(EvictionPolicy.LRU)
            .setMaxSizePolicy(MaxSizePolicy.PER_NODE)
            .setSize(name.maxEntries());
    return new MapConfig(name.text())
        .setMaxIdleSeconds((int) name.maxIdle().toSeconds())
        .setEvictionConfig(eviction)
        .setPerEntryStatsEnabled(false)
        .setStatisticsEnabled(false);
  }
}
