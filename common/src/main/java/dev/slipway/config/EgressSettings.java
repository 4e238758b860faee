package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code [worker.oci.egress]}: which addresses build steps may reach, besides what is barred in any
 * case. The longest prefix decides, of equal ones {@code allow}.
 *
 * @param allow IPv4 networks in CIDR notation
 * @param deny IPv4 networks in CIDR notation
 */
public record EgressSettings(List<String> allow, List<String> deny) {
  public static final EgressSettings DEFAULT = new EgressSettings(List.of(), List.of());

  private static final Pattern NETWORK =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");

  public EgressSettings {
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
  }

  /** Whether nothing is said. */
  public boolean isEmpty() {
    return allow.isEmpty() && deny.isEmpty();
  }

  static EgressSettings read(TomlTable table) throws SlipwayException {
    EgressSettings settings = new EgressSettings(networks(table, "allow"), networks(table, "deny"));
    table.end();
    return settings;
  }

  private static List<String> networks(TomlTable table, String key) throws SlipwayException {
    List<String> networks = table.texts(key);
    for (String network : networks) {
      if (!isNetwork(network)) {
        throw table.invalid(
            key,
            "a list of IPv4 networks like \"10.0.0.0/8\" (bits beyond the prefix are 0), not \""
                + network
                + "\"");
      }
    }
    return networks.stream().map(each -> each.contains("/") ? each : each + "/32").toList();
  }

  private static boolean isNetwork(String text) {
    Matcher parts = NETWORK.matcher(text);
    if (!parts.matches()) {
      return false;
    }
    long address = 0;
    for (int i = 1; i <= 4; i++) {
      int part = Integer.parseInt(parts.group(i));
      if (part > 255) {
        return false;
      }
      address = address << 8 | part;
    }
    int prefix = parts.group(5) == null ? 32 : Integer.parseInt(parts.group(5));
    return prefix <= 32 && (address & ((1L << (32 - prefix)) - 1)) == 0;
  }
}
