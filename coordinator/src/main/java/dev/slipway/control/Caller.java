package dev.slipway.control;

import io.grpc.Attributes;
import io.grpc.Grpc;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who makes a call, as far as the connection says.
 *
 * @param who subject of the client's certificate, else {@code anonymous}
 * @param from address of the connection's other end, without its port: the client, or the
 *     coordinator or balancer that passed the call on
 */
record Caller(String who, String from) {
  private static final String ANONYMOUS = "anonymous";

  /** Of a call that no client made. */
  static final Caller NOBODY = new Caller(ANONYMOUS, "");

  static Caller of(Attributes call) {
    return new Caller(who(call), from(call.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
  }

  private static String who(Attributes call) {
    SSLSession session = call.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return ANONYMOUS;
    }
    try {
      return session.getPeerPrincipal().getName();
    } catch (SSLPeerUnverifiedException _) {
      return ANONYMOUS; // a certificate was not asked for
    }
  }

  private static String from(SocketAddress address) {
    return switch (address) {
      case null -> "";
      case InetSocketAddress inet ->
          inet.getAddress() == null ? inet.getHostString() : inet.getAddress().getHostAddress();
      default -> "unix";
    };
  }
}
