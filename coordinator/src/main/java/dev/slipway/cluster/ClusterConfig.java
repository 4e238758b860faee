package dev.slipway.cluster;

import dev.slipway.config.ClusterSettings;
import dev.slipway.config.HostPort;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * How a member of the cluster runs.
 *
 * @param name only members that know the name get in
 * @param listen address that the member listens on; host 0.0.0.0 = all, the one told to others is
 *     chosen
 * @param join how it finds the others
 */
public record ClusterConfig(String name, HostPort listen, Join join) {
  private static final int FIRST_PORT = 5701;

  /** Of the name that is made of the join token; a change keeps old and new coordinators apart. */
  private static final String NAME_PREFIX = "slipway-cluster-1:";

  public ClusterConfig {
    if (name.isBlank()) {
      throw new IllegalArgumentException("the cluster needs a name");
    }
  }

  /** How a member finds the others. */
  public sealed interface Join {
    /** Not at all: the cluster has one member. */
    record Nobody() implements Join {}

    /**
     * @param addresses {@code host:port} of some or all
     */
    record Members(List<String> addresses) implements Join {
      public Members {
        addresses = List.copyOf(addresses);
      }
    }

    /**
     * All members listen on the same port.
     *
     * @param service name that resolves to the addresses of all
     */
    record KubernetesDns(String service) implements Join {}

    record Multicast() implements Join {}
  }

  /** A cluster of one member that nobody joins: on loopback, with a name nobody can guess. */
  public static ClusterConfig alone() {
    return new ClusterConfig(
        "slipway-" + UUID.randomUUID(), new HostPort("127.0.0.1", FIRST_PORT), new Join.Nobody());
  }

  /** Whether nobody else can be in the cluster. */
  public boolean isAlone() {
    return join instanceof Join.Nobody;
  }

  /**
   * What the settings ask for. @throws SlipwayException INVALID when they do not say how to join,
   * or say it twice
   */
  public static ClusterConfig of(ClusterSettings settings, String joinToken)
      throws SlipwayException {
    List<Join> ways = new ArrayList<>();
    if (!settings.members().isEmpty()) {
      ways.add(new Join.Members(settings.members()));
    }
    settings.kubernetesDns().ifPresent(service -> ways.add(new Join.KubernetesDns(service)));
    if (settings.multicast()) {
      ways.add(new Join.Multicast());
    }
    if (ways.isEmpty() && settings.size() == 1) {
      return alone();
    }
    if (ways.size() != 1) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "a cluster of "
              + settings.size()
              + " coordinators needs exactly one of [cluster] members (--cluster-members),"
              + " kubernetes-dns and multicast; given are "
              + ways.size());
    }
    HostPort listen = HostPort.parse(settings.listen().orElse("0.0.0.0:" + FIRST_PORT));
    return new ClusterConfig(name(joinToken), listen, ways.getFirst());
  }

  /** The name goes over the network as it is, so it must not tell the token. */
  private static String name(String joinToken) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((NAME_PREFIX + joinToken).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
