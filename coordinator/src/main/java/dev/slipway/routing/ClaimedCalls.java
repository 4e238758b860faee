package dev.slipway.routing;

import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes this coordinator the owner of the sessions and builds that are opened on it. */
final class ClaimedCalls implements ServerInterceptor {
  private final Owners owners;

  ClaimedCalls(Owners owners) {
    this.owners = owners;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (method.equals(ControlGrpc.getSessionMethod().getFullMethodName())) {
      Optional<Owned> session = Owned.openedSession(headers);
      session.ifPresent(owners::claim);
      return new Claim<>(next.startCall(call, headers), session, owners::release);
    }
    if (method.equals(ControlGrpc.getSolveMethod().getFullMethodName())) {
      return new Claim<>(next.startCall(call, headers), Optional.empty(), owners::ended);
    }
    return next.startCall(call, headers);
  }

  private final class Claim<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Consumer<Owned> end;
    private Optional<Owned> claimed;

    Claim(ServerCall.Listener<Q> handler, Optional<Owned> claimed, Consumer<Owned> end) {
      super(handler);
      this.claimed = claimed;
      this.end = end;
    }

    @Override
    public void onMessage(Q message) {
      if (claimed.isEmpty() && message instanceof SolveRequest solve) {
        claimed = Owned.build(solve.getRef());
        claimed.ifPresent(owners::claim);
      }
      super.onMessage(message);
    }

    @Override
    public void onComplete() {
      claimed.ifPresent(end);
      super.onComplete();
    }

    @Override
    public void onCancel() {
      claimed.ifPresent(end);
      super.onCancel();
    }
  }
}
