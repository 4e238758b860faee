package dev.slipway.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One span, and the parent of those that are parts of it. {@link #close} ends it; what is never
 * closed is never sent. Where traces are off it is {@link #OFF} and does nothing. @ThreadSafe
 */
public final class Trace implements AutoCloseable {
  /** W3C Trace Context: the name of the header, and of the metadata of a gRPC call. */
  public static final String HEADER = "traceparent";

  public static final Trace OFF =
      new Trace(TracerProvider.noop().get("slipway"), Context.root(), false);

  private final Tracer tracer;
  private final Context context;
  private final boolean on;

  private Trace(Tracer tracer, Context context, boolean on) {
    this.tracer = tracer;
    this.context = context;
    this.on = on;
  }

  /**
   * The end of a trace that somebody else began; without one, that of a new trace.
   *
   * @param traceparent as {@link #HEADER} has it; empty or malformed = none
   */
  static Trace continued(Tracer tracer, String traceparent) {
    return new Trace(
        tracer,
        W3CTraceContextPropagator.getInstance().extract(Context.root(), traceparent, ONE_HEADER),
        true);
  }

  /** Begins a part of this, now. */
  public Trace child(String name) {
    return child(name, Optional.empty());
  }

  /** Tells of a part that has begun already. */
  public Trace child(String name, Instant begun) {
    return child(name, Optional.of(begun));
  }

  private Trace child(String name, Optional<Instant> begun) {
    if (!on) {
      return this;
    }
    SpanBuilder span = tracer.spanBuilder(name).setParent(context);
    begun.ifPresent(span::setStartTimestamp);
    return new Trace(tracer, context.with(span.startSpan()), true);
  }

  /** Adds what is worth knowing of it; returns this. */
  public Trace with(String key, String value) {
    span().setAttribute(key, value);
    return this;
  }

  /** Marks it as failed. */
  public void fail(String why) {
    span().setStatus(StatusCode.ERROR, why);
  }

  /** While it is open, lines that this thread logs carry the trace's id. */
  public interface Logged extends AutoCloseable {
    @Override
    void close();
  }

  /** To be closed on the same thread. */
  public Logged logged() {
    return on ? MDC.putCloseable("trace", id())::close : () -> {};
  }

  /** 32 hexadecimal digits; empty where traces are off. */
  public String id() {
    return on ? span().getSpanContext().getTraceId() : "";
  }

  /** What makes another process' spans parts of this; empty where traces are off. */
  public String traceparent() {
    if (!on) {
      return "";
    }
    AtomicReference<String> header = new AtomicReference<>("");
    W3CTraceContextPropagator.getInstance()
        .inject(
            context,
            header,
            (carrier, key, value) -> {
              if (key.equals(HEADER)) {
                carrier.set(value);
              }
            });
    return header.get();
  }

  private Span span() {
    return Span.fromContext(context);
  }

  @Override
  public void close() {
    span().end();
  }

  private static final TextMapGetter<String> ONE_HEADER =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
          return List.of(HEADER);
        }

        @Override
        public @Nullable String get(@Nullable String traceparent, String key) {
          return key.equals(HEADER) ? traceparent : null;
        }
      };
}
