package dev.slipway.routing;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ServerCall;

/** A call whose messages were asked for before its handler started. */
final class Requested<Q, A> extends SimpleForwardingServerCall<Q, A> {
  Requested(ServerCall<Q, A> call) {
    super(call);
  }

  @Override
  public void request(int messages) {
    // Done already.
  }
}
