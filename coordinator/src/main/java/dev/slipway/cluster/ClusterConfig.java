package dev.slipway.cluster;

import java.util.UUID;

/**
 * How a member of the cluster runs.
 *
 * @param name only members and clients that know the name get in
 * @param host address that the member listens on
 * @param port first port tried; the next free one is taken
 */
public record ClusterConfig(String name, String host, int port) {
  private static final int FIRST_PORT = 5701;

  public ClusterConfig {
    if (name.isBlank()) {
      throw new IllegalArgumentException("the cluster needs a name");
    }
  }

  /** A cluster of one member that nobody joins: on loopback, with a name nobody can guess. */
  public static ClusterConfig alone() {
    return new ClusterConfig("slipway-" + UUID.randomUUID(), "127.0.0.1", FIRST_PORT);
  }
}
