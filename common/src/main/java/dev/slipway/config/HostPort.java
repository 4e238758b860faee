package dev.slipway.config;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.net.InetSocketAddress;

/** {@code host:port}, with brackets around an IPv6 address; port 0 = any free one. */
public record HostPort(String host, int port) {
  /** Parses. @throws SlipwayException INVALID when the text has another shape */
  public static HostPort parse(String text) throws SlipwayException {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon < 0 || port < 0 || port > 65_535) {
        throw new NumberFormatException("out of range");
      }
      return new HostPort(host.isEmpty() ? "0.0.0.0" : host, port);
    } catch (NumberFormatException e) {
      throw new SlipwayException(ErrorKind.INVALID, "\"" + text + "\" is not host:port", e);
    }
  }

  public static HostPort of(InetSocketAddress address) {
    return new HostPort(address.getAddress().getHostAddress(), address.getPort());
  }

  public InetSocketAddress resolve() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
