package dev.slipway.certificates;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Tells the services of the farm's inner server whose certificate a call came with, and turns away
 * calls without one; of use where the farm has TLS.
 */
public final class FarmCaller implements ServerInterceptor {
  private static final Context.Key<X509Certificate> CERTIFICATE =
      Context.key("slipway-farm-certificate");

  private final boolean strangers;

  private FarmCaller(boolean strangers) {
    this.strangers = strangers;
  }

  /** For services that only processes of the farm may call. */
  public static FarmCaller required() {
    return new FarmCaller(false);
  }

  /** For what workers call that have no certificate yet. */
  public static FarmCaller orStranger() {
    return new FarmCaller(true);
  }

  /**
   * The certificate of the caller whose call is being handled, which was let in; empty = it has
   * none, or the farm has no TLS.
   */
  public static Optional<X509Certificate> certificate() {
    return Optional.ofNullable(CERTIFICATE.get());
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<X509Certificate> certificate = of(call);
    if (certificate.isPresent()) {
      return Contexts.interceptCall(
          Context.current().withValue(CERTIFICATE, certificate.get()), call, headers, next);
    }
    if (strangers) {
      return next.startCall(call, headers);
    }
    call.close(
        Status.UNAUTHENTICATED.withDescription(
            "a certificate of the farm is needed for this: a worker gets one with a join token"),
        new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static Optional<X509Certificate> of(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    return session == null ? Optional.empty() : of(session);
  }

  /** The certificate of the other end; empty = it showed none. */
  static Optional<X509Certificate> of(SSLSession session) {
    try {
      return session.getPeerCertificates()[0] instanceof X509Certificate certificate
          ? Optional.of(certificate)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException _) {
      return Optional.empty();
    }
  }
}
