package dev.slipway.identity;

import io.grpc.Context;

/**
 * Who makes a call, and from where.
 *
 * @param from address of the connection's other end, without its port: the client, or the balancer
 *     that passed the call on; {@code unix} for a socket
 */
public record Caller(Principal principal, String from) {
  /** Of a call that no client made. */
  public static final Caller NOBODY = new Caller(Principal.ANONYMOUS, "");

  static final Context.Key<Caller> CURRENT = Context.key("slipway-caller");

  /** Who made the call that this thread handles. */
  public static Caller current() {
    Caller caller = CURRENT.get();
    return caller == null ? NOBODY : caller;
  }

  /** How logs call it. */
  public String who() {
    return principal.name();
  }
}
