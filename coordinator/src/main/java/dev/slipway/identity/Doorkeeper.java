package dev.slipway.identity;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before the services: no call gets by whose maker is not known, and every handler can ask
 * {@link Caller#current()}. @ThreadSafe
 */
public final class Doorkeeper implements ServerInterceptor {
  private static final Logger log = LoggerFactory.getLogger(Doorkeeper.class);

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Identifier identifier;
  private final Runnable refused;

  private interface Identifier {
    Caller of(Attributes call, Metadata headers) throws SlipwayException;
  }

  private Doorkeeper(Identifier identifier, Runnable refused) {
    this.identifier = identifier;
    this.refused = refused;
  }

  /**
   * For clients: they are who their connection and their token prove.
   *
   * @param refused told of each call that is turned away
   */
  public static Doorkeeper forClients(Access access, Runnable refused) {
    return new Doorkeeper(
        (call, headers) -> {
          CallerHeader.take(headers);
          Optional<String> bearer = Shown.bearer(headers.get(AUTHORIZATION));
          headers.discardAll(AUTHORIZATION); // of no use to anybody behind
          SocketAddress address = call.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
          boolean unix = address != null && !(address instanceof InetSocketAddress);
          return new Caller(
              access.principal(new Shown(certificate(call), bearer, unix)), from(address));
        },
        refused);
  }

  /** For coordinators that pass calls on: they say whose. */
  public static Doorkeeper forCoordinators() {
    return new Doorkeeper(
        (_, headers) ->
            CallerHeader.take(headers)
                .orElseThrow(() ->
                    new SlipwayException(
                        ErrorKind.DENIED, "a coordinator passed a call on without its caller")),
        () -> {});
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Caller caller;
    try {
      caller = identifier.of(call.getAttributes(), headers);
    } catch (SlipwayException e) {
      refused.run();
      log.atWarn()
          .addKeyValue("client", from(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)))
          .addKeyValue("call", call.getMethodDescriptor().getBareMethodName())
          .addKeyValue("reason", e.getMessage())
          .log("call refused");
      Status status = e.kind() == ErrorKind.DENIED ? Status.UNAUTHENTICATED : Status.UNAVAILABLE;
      call.close(status.withDescription(e.getMessage()), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return Contexts.interceptCall(
        Context.current().withValue(Caller.CURRENT, caller), call, headers, next);
  }

  private static Optional<X509Certificate> certificate(Attributes call) {
    SSLSession session = call.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return Optional.empty();
    }
    try {
      return session.getPeerCertificates()[0] instanceof X509Certificate certificate
          ? Optional.of(certificate)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException _) {
      return Optional.empty(); // none was asked for, or none came
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
