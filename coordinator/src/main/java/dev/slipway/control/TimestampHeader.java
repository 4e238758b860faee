package dev.slipway.control;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.Clock;
import java.util.Set;

/**
 * Sends the coordinator's time as a header, before any message, on the calls whose clients compute
 * durations from it.
 */
public final class TimestampHeader implements ServerInterceptor {
  static final Metadata.Key<String> KEY =
      Metadata.Key.of("buildkit-current-timestamp", Metadata.ASCII_STRING_MARSHALLER);

  private static final Set<String> METHODS = Set.of("Status", "ListenBuildHistory");

  private final Clock clock;

  public TimestampHeader(Clock clock) {
    this.clock = clock;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (!METHODS.contains(String.valueOf(call.getMethodDescriptor().getBareMethodName()))) {
      return next.startCall(call, headers);
    }
    Metadata answer = new Metadata();
    answer.put(KEY, clock.instant().toString());
    call.sendHeaders(answer);
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendHeaders(Metadata ignored) {
            // sent above
          }
        },
        headers);
  }
}
