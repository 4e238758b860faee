package dev.slipway.certificates;

import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import javax.net.ssl.SSLSession;

/** Keeps workers from what coordinators ask each other; of use where the farm has TLS. */
public final class CoordinatorsOnly implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null || !isCoordinator(session)) {
      call.close(
          Status.PERMISSION_DENIED.withDescription(
              "only coordinators may call this: the certificate does not have the name "
                  + FarmTls.COORDINATOR),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(call, headers);
  }

  private static boolean isCoordinator(SSLSession session) {
    return FarmCaller.of(session).filter(FarmTls::isCoordinator).isPresent();
  }
}
