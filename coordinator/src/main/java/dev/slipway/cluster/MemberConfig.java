package dev.slipway.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionConfig;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MaxSizePolicy;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.TcpIpConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** How Hazelcast is set up for a coordinator. */
final class MemberConfig {
  /** Attribute of a member: its id, which unlike Hazelcast's own outlives a split. */
  static final String ID = "slipway-id";

  /**
   * A map is cut into this many parts; few, because starting costs by the part and a farm has few
   * coordinators.
   */
  private static final int PARTITIONS = 31;

  /** A member that dies takes nothing with it that another has not. */
  private static final int BACKUPS = 1;

  private static final int HEARTBEAT_SECONDS = 1;

  /** A pause of the collector or of a busy machine is shorter. */
  private static final int SILENCE_SECONDS = 10;

  /** How often the oldest member of each side of a split looks for the other. */
  private static final int MERGE_SECONDS = 5;

  /** An operation on a map gives up after this; a member that hangs is out long before. */
  private static final int OPERATION_MILLIS = 30_000;

  /** For handing over the parts of the maps; the others have copies of them. */
  private static final int LEAVE_SECONDS = 2;

  /** An address that drops packets must not hold up the search for the others. */
  private static final int CONNECT_SECONDS = 3;

  /**
   * While a member that hangs owes its half of a handshake, Hazelcast's thread that writes to it
   * does nothing else; connections are dealt to the threads in turn. With one thread two members
   * lost each other because of a third.
   */
  private static final int OUTPUT_THREADS = 8;

  /** Entries sent at a time when two sides merge. */
  private static final int MERGE_BATCH = 500;

  private MemberConfig() {}

  static Config of(ClusterConfig settings, String id) {
    Config config = new Config();
    config.setClusterName(settings.name());
    config.getMemberAttributeConfig().setAttribute(ID, id);
    config.setProperty("hazelcast.logging.type", "slf4j");
    // Else every line carries the cluster's name, which lets in.
    config.setProperty("hazelcast.logging.details.enabled", "false");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.health.monitoring.level", "OFF");
    config.setProperty("hazelcast.partition.count", Integer.toString(PARTITIONS));
    // The maps serve few coordinators' look-ups: few threads do, and the cores belong to the
    // builds.
    config.setProperty("hazelcast.operation.thread.count", "2");
    config.setProperty("hazelcast.operation.generic.thread.count", "2");
    config.setProperty("hazelcast.operation.priority.generic.thread.count", "1");
    config.setProperty("hazelcast.operation.response.thread.count", "1");
    config.setProperty("hazelcast.io.input.thread.count", "1");
    config.setProperty("hazelcast.io.output.thread.count", "" + OUTPUT_THREADS);
    config.setProperty("hazelcast.socket.connect.timeout.seconds", "" + CONNECT_SECONDS);
    config.setProperty("hazelcast.event.thread.count", "1");
    config.setProperty("hazelcast.clientengine.thread.count", "1");
    config.setProperty("hazelcast.clientengine.query.thread.count", "1");
    config.setProperty("hazelcast.clientengine.blocking.thread.count", "1");
    config.setProperty("hazelcast.operation.call.timeout.millis", "" + OPERATION_MILLIS);
    config.setProperty("hazelcast.graceful.shutdown.max.wait", "" + LEAVE_SECONDS);
    config.setProperty("hazelcast.heartbeat.interval.seconds", "" + HEARTBEAT_SECONDS);
    config.setProperty("hazelcast.max.no.heartbeat.seconds", "" + SILENCE_SECONDS);
    config.setProperty("hazelcast.merge.first.run.delay.seconds", "" + MERGE_SECONDS);
    config.setProperty("hazelcast.merge.next.run.delay.seconds", "" + MERGE_SECONDS);
    config.getMetricsConfig().setEnabled(false);
    config.getJetConfig().setEnabled(false);
    config
        .getSerializationConfig()
        .setJavaSerializationFilterConfig(ownTypesOnly())
        .addDataSerializableFactory(CompareAndSet.FACTORY_ID, _ -> new CompareAndSet());
    network(config, settings);
    for (MapNames name : MapNames.values()) {
      config.addMapConfig(map(name));
    }
    return config;
  }

  /**
   * Whoever reaches the port can send bytes; Java's own serialization must not make much of them.
   */
  private static JavaSerializationFilterConfig ownTypesOnly() {
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.getWhitelist().addPrefixes("com.hazelcast.", "java.lang.", "java.util.", "[");
    return filter;
  }

  private static void network(Config config, ClusterConfig settings) {
    NetworkConfig network = config.getNetworkConfig();
    boolean everywhere = settings.listen().host().equals("0.0.0.0");
    config.setProperty("hazelcast.socket.bind.any", Boolean.toString(everywhere));
    network
        .setPort(settings.listen().port())
        .setPortAutoIncrement(settings.isAlone())
        .setPortCount(1000);
    if (!everywhere) {
      network.getInterfaces().setEnabled(true).addInterface(address(settings.listen().host()));
    }
    JoinConfig join = network.getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(false);
    switch (settings.join()) {
      case ClusterConfig.Join.Nobody _ -> {}
      case ClusterConfig.Join.Members(var addresses) -> {
        TcpIpConfig members = join.getTcpIpConfig().setEnabled(true);
        addresses.forEach(members::addMember);
      }
      case ClusterConfig.Join.KubernetesDns(var service) ->
          join.getKubernetesConfig()
              .setEnabled(true)
              .setProperty("service-dns", service)
              .setProperty("service-port", Integer.toString(settings.listen().port()));
      case ClusterConfig.Join.Multicast _ -> join.getMulticastConfig().setEnabled(true);
    }
  }

  /** Hazelcast compares interfaces as numbers. */
  private static String address(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("host " + host + " to listen on is unknown", e);
    }
  }

  private static MapConfig map(MapNames name) {
    EvictionConfig eviction =
        new EvictionConfig()
            .setEvictionPolicy(EvictionPolicy.LRU)
            .setMaxSizePolicy(MaxSizePolicy.PER_NODE)
            .setSize(name.maxEntries());
    return new MapConfig(name.text())
        .setBackupCount(BACKUPS)
        .setMaxIdleSeconds((int) name.maxIdle().toSeconds())
        .setEvictionConfig(eviction)
        .setMergePolicyConfig(new MergePolicyConfig(LatestEpoch.class.getName(), MERGE_BATCH))
        .setPerEntryStatsEnabled(false)
        .setStatisticsEnabled(true);
  }
}
