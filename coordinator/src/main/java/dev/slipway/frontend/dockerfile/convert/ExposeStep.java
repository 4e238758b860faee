package dev.slipway.frontend.dockerfile.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** EXPOSE: ports, ranges of them, and what people mistake for them. */
final class ExposeStep {
  private static final Set<String> PROTOCOLS = Set.of("tcp", "udp", "sctp");
  private static final int LAST_PORT = 65_535;
  private static final Pattern ADDRESS =
      Pattern.compile(
          "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[[0-9a-fA-F:.]+\\]|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private ExposeStep() {}

  private record Ports(int first, int last) {}

  static void apply(StageState state, Instruction.Expose expose) throws SlipwayException {
    List<String> ports = new ArrayList<>();
    for (String text : expose.ports()) {
      for (String word : state.lexer().words(text, state.environment())) {
        add(ports, word);
      }
    }
    // Go sorts the keys of a map.
    Set<String> exposed = new TreeSet<>(ports);
    state.image.map("ExposedPorts").fieldNames().forEachRemaining(exposed::add);
    ObjectNode map = state.image.config().putObject("ExposedPorts");
    exposed.forEach(map::putObject);
    state.addHistory("EXPOSE [" + String.join(" ", ports) + "]", false);
  }

  /**
   * Reads {@code [[address:]port-of-the-host:]ports[/protocol]}; what is before the ports is lost.
   */
  private static void add(List<String> ports, String word) throws SlipwayException {
    int last = word.lastIndexOf(':');
    int before = last < 0 ? -1 : word.lastIndexOf(':', last - 1);
    String address = before < 0 ? "" : word.substring(0, before);
    String host = last < 0 ? "" : word.substring(before + 1, last);
    String container = word.substring(last + 1);
    int slash = container.indexOf('/');
    String protocol = slash < 0 ? "" : container.substring(slash + 1);
    container = slash < 0 ? container : container.substring(0, slash);
    if (container.isEmpty()) {
      throw CopyStep.invalid("invalid port: \"" + word + "\": no port specified");
    }
    if (protocol.isEmpty()) {
      protocol = "tcp";
    } else if (!PROTOCOLS.contains(protocol.toLowerCase(Locale.ROOT))) {
      throw CopyStep.invalid("invalid port: \"" + word + "\": invalid proto: " + protocol);
    }
    if (!address.isEmpty() && !ADDRESS.matcher(address).matches()) {
      throw CopyStep.invalid("invalid IP address: " + address);
    }
    Ports wanted = range(container, "invalid containerPort: ");
    if (!host.isEmpty()) {
      Ports mapped = range(host, "invalid hostPort: ");
      int size = wanted.last() - wanted.first();
      if (size != 0 && size != mapped.last() - mapped.first()) {
        throw CopyStep.invalid(
            "invalid ranges specified for container and host Ports: " + container + " and " + host);
      }
    }
    for (int port = wanted.first(); port <= wanted.last(); port++) {
      ports.add(port + "/" + protocol.toLowerCase(Locale.ROOT));
    }
  }

  private static Ports range(String text, String problem) throws SlipwayException {
    int dash = text.indexOf('-');
    int first = port(dash < 0 ? text : text.substring(0, dash));
    int last = dash < 0 ? first : port(text.substring(dash + 1));
    if (first < 0 || last < first) {
      throw CopyStep.invalid(problem + text);
    }
    return new Ports(first, last);
  }

  private static int port(String text) {
    if (!text.matches("[0-9]{1,9}")) {
      return -1;
    }
    int port = Integer.parseInt(text);
    return port > LAST_PORT ? -1 : port;
  }
}
