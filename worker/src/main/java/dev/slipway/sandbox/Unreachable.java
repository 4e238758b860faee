package dev.slipway.sandbox;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * IPv4 addresses that no build step may reach: a machine's metadata service (it hands out the
 * machine's credentials), the worker's own addresses and the coordinator's. slirp4netns alone shuts
 * off only 127.0.0.0/8. No step can lift it: routes need CAP_NET_ADMIN. IPv6 needs no rule: the
 * networks have none.
 *
 * @param networks in CIDR notation
 */
public record Unreachable(List<String> networks) {
  /**
   * Link-local addresses, RFC 3927: metadata services live there, and nothing that a build needs.
   */
  private static final String LINK_LOCAL = "169.254.0.0/16";

  public Unreachable {
    networks = List.copyOf(networks);
  }

  /**
   * Looks at this machine's interfaces and the coordinators' names.
   *
   * @param coordinators host:port; a name that cannot be resolved yet adds nothing
   */
  public static Unreachable around(List<String> coordinators) throws IOException {
    TreeSet<String> networks = new TreeSet<>(List.of(LINK_LOCAL));
    NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .flatMap(Unreachable::network)
        .forEach(networks::add);
    for (String coordinator : coordinators) {
      try {
        String host = coordinator.substring(0, Math.max(0, coordinator.lastIndexOf(':')));
        Stream.of(InetAddress.getAllByName(host))
            .flatMap(Unreachable::network)
            .forEach(networks::add);
      } catch (UnknownHostException _) {
        // The worker cannot join it either, and says so; its steps come from one that it has
        // joined.
      }
    }
    return new Unreachable(List.copyOf(networks));
  }

  private static Stream<String> network(InetAddress address) {
    boolean loopback =
        address.isLoopbackAddress()
            || address
                .isAnyLocalAddress(); // the container has its own, slirp4netns bars the host's
    return address instanceof Inet4Address && !loopback
        ? Stream.of(address.getHostAddress() + "/32")
        : Stream.empty();
  }

  /** What either bars. */
  Unreachable and(Unreachable other) {
    TreeSet<String> all = new TreeSet<>(networks);
    all.addAll(other.networks);
    return new Unreachable(List.copyOf(all));
  }

  /** The command that enters the namespace and adds the routes. */
  List<String> command(Path namespace) {
    String script = "for network; do ip route replace prohibit \"$network\" || exit 1; done";
    return Stream.concat(
            Stream.of("nsenter", "--net=" + namespace, "sh", "-c", script, "sh"), networks.stream())
        .toList();
  }
}
