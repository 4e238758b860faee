package dev.slipway.sandbox;

import dev.slipway.config.EgressSettings;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * IPv4 addresses that no build step may reach: a machine's metadata service (it hands out the
 * machine's credentials), the worker's own addresses and those of the farm's machines. slirp4netns
 * alone shuts off only 127.0.0.0/8. No step can lift it: routes need CAP_NET_ADMIN. IPv6 needs no
 * rule: the networks have none.
 *
 * @param networks in CIDR notation
 * @param exceptions networks that are reachable all the same, unless a longer prefix bars them
 */
public record Unreachable(List<String> networks, List<String> exceptions) {
  /**
   * Link-local addresses, RFC 3927: metadata services live there, and nothing that a build needs.
   */
  private static final String LINK_LOCAL = "169.254.0.0/16";

  /** slirp4netns' gateway, which passes on what no route keeps. */
  private static final String GATEWAY = "10.0.2.2";

  private static final String EVERYTHING = "0.0.0.0/0";

  static final Unreachable NOTHING = new Unreachable(List.of(), List.of());

  public Unreachable {
    networks = List.copyOf(networks);
    exceptions = List.copyOf(exceptions);
  }

  /** What the configuration says. */
  public static Unreachable configured(EgressSettings egress) {
    return new Unreachable(egress.deny(), egress.allow());
  }

  /**
   * Looks at this machine's interfaces and the names of the farm's processes.
   *
   * @param processes host:port; a name that cannot be resolved yet adds nothing
   */
  public static Unreachable around(Collection<String> processes) throws IOException {
    TreeSet<String> networks = new TreeSet<>(List.of(LINK_LOCAL));
    NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .flatMap(Unreachable::network)
        .forEach(networks::add);
    for (String process : processes) {
      try {
        String host = process.substring(0, Math.max(0, process.lastIndexOf(':')));
        Stream.of(InetAddress.getAllByName(host))
            .flatMap(Unreachable::network)
            .forEach(networks::add);
      } catch (UnknownHostException _) {
        // The worker cannot reach it either, and neither do its steps, which ask the same
        // resolver.
      }
    }
    return new Unreachable(List.copyOf(networks), List.of());
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

  /** What either bars, except for what either lets through. */
  public Unreachable and(Unreachable other) {
    return new Unreachable(both(networks, other.networks), both(exceptions, other.exceptions));
  }

  private static List<String> both(List<String> some, List<String> others) {
    TreeSet<String> all = new TreeSet<>(some);
    all.addAll(others);
    return List.copyOf(all);
  }

  /**
   * The routes that make these rules of those, as lines for {@code ip -batch}. What the exceptions
   * open stays open: they are the configuration's.
   */
  List<String> after(Unreachable before) {
    return Stream.of(
            lines("route del prohibit %s", before.barred(), barred()),
            lines("route replace prohibit %s", barred(), before.barred()),
            lines("route replace %s via " + GATEWAY, exceptions, before.exceptions))
        .flatMap(part -> part)
        .toList();
  }

  private List<String> barred() {
    return networks.stream().filter(network -> !exceptions.contains(network)).toList();
  }

  /** Of the networks that the others do not have. */
  private static Stream<String> lines(String format, List<String> networks, List<String> others) {
    return networks.stream()
        .filter(network -> !others.contains(network))
        .flatMap(Unreachable::routes)
        .map(format::formatted);
  }

  /** The default route stays, for the gateway's sake: two halves go before it. */
  private static Stream<String> routes(String network) {
    return network.equals(EVERYTHING) ? Stream.of("0.0.0.0/1", "128.0.0.0/1") : Stream.of(network);
  }
}
