package dev.slipway.routing;

import dev.slipway.coordination.Quorum;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.Set;

/** Refuses new builds and sessions while too few coordinators see each other; others go on. */
final class QuorumGate implements ServerInterceptor {
  private static final Set<String> OPENING =
      Set.of(
          ControlGrpc.getSolveMethod().getFullMethodName(),
          ControlGrpc.getSessionMethod().getFullMethodName());

  private final Quorum quorum;

  QuorumGate(Quorum quorum) {
    this.quorum = quorum;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Optional<String> refusal =
        OPENING.contains(call.getMethodDescriptor().getFullMethodName())
            ? quorum.refusal()
            : Optional.empty();
    if (refusal.isPresent()) {
      call.close(Status.UNAVAILABLE.withDescription(refusal.get()), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(call, headers);
  }
}
