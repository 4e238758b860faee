package dev.slipway.registry;

import dev.slipway.oci.ImageReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which servers are asked for a registry host, in order. Follows buildkitd.toml's {@code
 * [registry]} sections: mirrors first, only for reading; a mirror's own section says how it is
 * reached.
 */
final class Endpoints {
  private static final String DOCKER_HUB_SERVER = "registry-1.docker.io";

  private final RegistryHosts hosts;

  Endpoints(RegistryHosts hosts) {
    this.hosts = hosts;
  }

  /** The mirrors of the host, then the host itself. */
  List<Endpoint> toRead(String host, Reach reach) {
    List<Endpoint> endpoints = new ArrayList<>();
    RegistryHosts.Host section = hosts.hosts().get(host);
    if (section != null) {
      for (String mirror : section.mirrors()) {
        endpoints.add(mirror(mirror, host));
      }
    }
    endpoints.add(toWrite(host, reach));
    return List.copyOf(endpoints);
  }

  /** The host itself. */
  Endpoint toWrite(String host, Reach reach) {
    String server = host.equals(ImageReference.DOCKER_HUB) ? DOCKER_HUB_SERVER : host;
    RegistryHosts.Host section = hosts.hosts().get(host);
    boolean insecure = reach == Reach.INSECURE || (section != null && section.insecure());
    boolean http = section != null && section.http() || !insecure && isLoopback(server);
    return new Endpoint(
        server, URI.create((http ? "http://" : "https://") + server), "", "", insecure);
  }

  private Endpoint mirror(String mirror, String host) {
    String text = mirror.contains("://") ? mirror.substring(mirror.indexOf("://") + 3) : mirror;
    int slash = text.indexOf('/');
    String server = slash < 0 ? text : text.substring(0, slash);
    String prefix = slash < 0 ? "" : stripSlashes(text.substring(slash));
    RegistryHosts.Host section = hosts.hosts().getOrDefault(text, hosts.hosts().get(server));
    boolean insecure = section != null && section.insecure();
    boolean http =
        mirror.startsWith("http://")
            || section != null && section.http()
            || !insecure && isLoopback(server);
    return new Endpoint(
        server, URI.create((http ? "http://" : "https://") + server), prefix, host, insecure);
  }

  private static String stripSlashes(String path) {
    String stripped = path.replaceAll("/+$", "");
    return stripped.isEmpty() || stripped.startsWith("/") ? stripped : "/" + stripped;
  }

  /** Whether the {@code host[:port]} is this machine, going by its name alone. */
  static boolean isLoopback(String server) {
    String name = server.toLowerCase(Locale.ROOT);
    if (name.startsWith("[")) {
      return name.startsWith("[::1]");
    }
    int colon = name.indexOf(':');
    name = colon < 0 ? name : name.substring(0, colon);
    return name.equals("localhost")
        || name.endsWith(".localhost")
        || name.matches("127\\.[0-9]+\\.[0-9]+\\.[0-9]+");
  }

  /** How the host is reached. */
  enum Reach {
    AS_CONFIGURED,
    /**
     * Attribute {@code registry.insecure} of an exporter: https without verification, or plain http
     * if that is what is there.
     */
    INSECURE
  }
}
