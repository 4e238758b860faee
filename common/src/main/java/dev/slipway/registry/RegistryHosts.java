package dev.slipway.registry;

import java.util.List;
import java.util.Map;

/**
 * How registry hosts are reached, by host name as in buildkitd.toml's {@code [registry."host"]}.
 * Hosts on loopback are plain http unless said otherwise.
 */
public record RegistryHosts(Map<String, Host> hosts) {
  public static final RegistryHosts DEFAULT = new RegistryHosts(Map.of());

  public RegistryHosts {
    hosts = Map.copyOf(hosts);
  }

  /**
   * @param mirrors {@code host[:port][/path]}, asked first, in order
   * @param http plain http
   * @param insecure https without verification
   */
  public record Host(List<String> mirrors, boolean http, boolean insecure) {
    public Host {
      mirrors = List.copyOf(mirrors);
    }
  }
}
