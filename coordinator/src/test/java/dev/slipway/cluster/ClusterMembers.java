package dev.slipway.cluster;

import com.hazelcast.core.Hazelcast;
import dev.slipway.config.ClusterSettings;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Members of one cluster on loopback, in this process. */
public final class ClusterMembers {
  private ClusterMembers() {}

  /** Settings of {@code count} coordinators that find each other by a list. */
  public static List<ClusterSettings> settings(int count) throws IOException {
    Set<String> addresses = new LinkedHashSet<>();
    while (addresses.size() < count) {
      addresses.add("127.0.0.1:" + freePort());
    }
    return settings(List.copyOf(addresses));
  }

  /** Settings of coordinators with these addresses. */
  public static List<ClusterSettings> settings(List<String> addresses) {
    int count = addresses.size();
    return addresses.stream()
        .map(address ->
            new ClusterSettings(count, Optional.of(address), addresses, Optional.empty(), false))
        .toList();
  }

  /**
   * Below the ports that the kernel hands out to connections, which would take one before a member
   * listens there.
   */
  private static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(12_000, 32_000);
      try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (BindException _) {
        // Somebody else's.
      }
    }
  }

  public static Cluster start(ClusterSettings settings) throws SlipwayException {
    return Cluster.start(ClusterConfig.of(settings, "the token of the test"));
  }

  /** Ends the member as if its process had been killed. */
  public static void kill(Cluster cluster) {
    Hazelcast.getAllHazelcastInstances().stream()
        .filter(instance ->
            cluster
                .self()
                .equals(instance.getCluster().getLocalMember().getAttribute(MemberConfig.ID)))
        .forEach(instance -> instance.getLifecycleService().terminate());
  }

  /** For looking at what is leased. */
  public static Codec<Lease> leaseCodec() {
    return Lease.CODEC;
  }
}
