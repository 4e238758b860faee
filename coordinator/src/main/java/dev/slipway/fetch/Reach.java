package dev.slipway.fetch;

import dev.slipway.config.EgressSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * What fetches may reach: the rules for build steps, {@code [worker.oci.egress]}, hold for what the
 * coordinator fetches for a build too. The longest prefix decides, of equal ones {@code allow};
 * link-local addresses, where clouds have their metadata services, are barred in any case unless
 * {@code allow} names exactly the address. Names are looked up here and again when the connection
 * is made, by the same cache of this process where the JVM makes it. Immutable.
 */
public final class Reach {
  /** Amazon's metadata service has it besides the link-local one. */
  private static final String METADATA_OF_AMAZON = "fd00:ec2:0:0:0:0:0:254";

  private final List<Rule> rules = new ArrayList<>();
  private final boolean restricted;

  private record Rule(int network, int prefix, boolean allow) {
    boolean fits(int address) {
      return prefix == 0 || (address ^ network) >>> (32 - prefix) == 0;
    }
  }

  public Reach(EgressSettings settings) {
    settings.allow().forEach(network -> rules.add(rule(network, true)));
    settings.deny().forEach(network -> rules.add(rule(network, false)));
    this.restricted = !settings.deny().isEmpty();
  }

  /** Whether there are rules beyond what is barred in any case. */
  public boolean isRestricted() {
    return restricted;
  }

  /**
   * Checks all addresses of the host.
   *
   * @throws SlipwayException DENIED naming the address; UNAVAILABLE when the name has none
   */
  public void check(String host) throws SlipwayException {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(name);
    } catch (UnknownHostException e) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "lookup " + name + ": no such host", e);
    }
    for (InetAddress address : addresses) {
      if (!allows(address)) {
        throw new SlipwayException(
            ErrorKind.DENIED,
            "fetching from "
                + name
                + " is not allowed: "
                + address.getHostAddress()
                + " is barred for builds");
      }
    }
  }

  private boolean allows(InetAddress address) {
    if (address instanceof Inet4Address four) {
      return allows(four);
    }
    return address.isLoopbackAddress()
        ? allows(bits(new byte[] {127, 0, 0, 1}))
        : !restricted
            && !address.isLinkLocalAddress()
            && !address.getHostAddress().startsWith(METADATA_OF_AMAZON);
  }

  private boolean allows(Inet4Address address) {
    int bits = bits(address.getAddress());
    if (address.isLinkLocalAddress() || address.isAnyLocalAddress()) {
      return rules.stream()
          .anyMatch(rule -> rule.allow() && rule.prefix() == 32 && rule.network() == bits);
    }
    return allows(bits);
  }

  private boolean allows(int address) {
    boolean allowed = true;
    int longest = -1;
    for (Rule rule : rules) {
      boolean closer = rule.prefix() > longest || rule.prefix() == longest && rule.allow();
      if (closer && rule.fits(address)) {
        longest = rule.prefix();
        allowed = rule.allow();
      }
    }
    return allowed;
  }

  private static Rule rule(String network, boolean allow) {
    int slash = network.indexOf('/');
    String[] parts = network.substring(0, slash).split("\\.");
    byte[] address = new byte[4];
    for (int i = 0; i < 4; i++) {
      address[i] = (byte) Integer.parseInt(parts[i]);
    }
    return new Rule(bits(address), Integer.parseInt(network.substring(slash + 1)), allow);
  }

  private static int bits(byte[] address) {
    return (address[0] & 0xff) << 24
        | (address[1] & 0xff) << 16
        | (address[2] & 0xff) << 8
        | address[3] & 0xff;
  }
}
