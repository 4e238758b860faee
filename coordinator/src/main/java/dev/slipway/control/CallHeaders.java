package dev.slipway.control;

import dev.slipway.tracing.Trace;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Makes a call's headers readable by its handler. */
public final class CallHeaders implements ServerInterceptor {
  private static final Context.Key<Metadata> HEADERS = Context.key("slipway-call-headers");

  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of(Trace.HEADER, Metadata.ASCII_STRING_MARSHALLER);

  /** The headers of the call that this thread handles. */
  static Metadata current() {
    Metadata headers = HEADERS.get();
    return headers == null ? new Metadata() : headers;
  }

  /** The trace that this thread's call is a part of; empty = none. */
  static String traceparent() {
    String value = current().get(TRACEPARENT);
    return value == null ? "" : value;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    return Contexts.interceptCall(
        Context.current().withValue(HEADERS, headers), call, headers, next);
  }
}
