package dev.slipway.cluster;

import com.hazelcast.core.Hazelcast;
import dev.slipway.config.ClusterSettings;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Members of one cluster on loopback, in this process. */
public final class ClusterMembers {
  private ClusterMembers() {}

  /** Settings of {@code count} coordinators that find each other by a list. */
  public static List<ClusterSettings> settings(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      sockets.add(socket);
      addresses.add("127.0.0.1:" + socket.getLocalPort());
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return addresses.stream()
        .map(address ->
            new ClusterSettings(count, Optional.of(address), addresses, Optional.empty(), false))
        .toList();
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
