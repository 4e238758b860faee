package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Optional;

/**
 * {@code [cluster]}: which coordinators form one farm.
 *
 * @param size coordinators of the farm when all are there; a side with fewer than half of them
 *     takes no builds. 1 = alone
 * @param listen {@code host:port} of this member for the others
 * @param members {@code host:port} of members to be asked at the start
 * @param kubernetesDns name of a headless service whose addresses are the members
 * @param multicast whether members are found by multicast
 */
public record ClusterSettings(
    int size,
    Optional<String> listen,
    List<String> members,
    Optional<String> kubernetesDns,
    boolean multicast) {
  public static final ClusterSettings DEFAULT =
      new ClusterSettings(1, Optional.empty(), List.of(), Optional.empty(), false);

  public ClusterSettings {
    members = List.copyOf(members);
  }

  static ClusterSettings read(TomlTable table) throws SlipwayException {
    ClusterSettings settings =
        new ClusterSettings(
            table.number("size", 1).orElse(DEFAULT.size),
            table.text("listen"),
            table.texts("members"),
            table.text("kubernetes-dns"),
            table.flag("multicast").orElse(DEFAULT.multicast));
    table.end();
    return settings;
  }
}
