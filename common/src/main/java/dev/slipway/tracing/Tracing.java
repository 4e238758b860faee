package dev.slipway.tracing;

import dev.slipway.config.OtelSettings;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * This process' way to a collector of traces. Spans wait in a bounded queue and leave once a
 * second; what does not fit, or what the collector does not take, is lost. @ThreadSafe
 */
public final class Tracing implements AutoCloseable {
  /** No collector: nothing is traced. */
  public static final Tracing OFF = new Tracing(Optional.empty());

  private static final Duration DELAY = Duration.ofSeconds(1);

  /** How long the last spans may take when the process ends. */
  private static final Duration GOODBYE = Duration.ofSeconds(2);

  private record Parts(
      Collector collector, SdkTracerProvider provider, Tracer tracer, ForeignSpans foreign) {}

  private final Optional<Parts> parts;

  private Tracing(Optional<Parts> parts) {
    this.parts = parts;
  }

  /**
   * @param service who this is: {@code service.name}
   * @param instance which of them: {@code service.instance.id}
   */
  public static Tracing start(
      OtelSettings settings, String service, String instance, InstantSource clock) {
    if (settings.endpoint().isEmpty()) {
      return OFF;
    }
    Collector collector = Collector.at(settings.endpoint().get(), settings);
    Complaints complaints = new Complaints(clock);
    SpanMessages messages =
        new SpanMessages(Map.of("service.name", service, "service.instance.id", instance));
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .addSpanProcessor(
                BatchSpanProcessor.builder(new CollectorExporter(collector, messages, complaints))
                    .setScheduleDelay(DELAY)
                    .setExporterTimeout(Collector.PATIENCE)
                    .build())
            .build();
    return new Tracing(
        Optional.of(
            new Parts(
                collector,
                provider,
                provider.get("slipway"),
                new ForeignSpans(collector, complaints))));
  }

  /**
   * What the spans of a call belong to.
   *
   * @param traceparent of the caller; empty = nobody's, what follows is a new trace
   */
  public Trace of(String traceparent) {
    return parts.map(on -> Trace.continued(on.tracer(), traceparent)).orElse(Trace.OFF);
  }

  /** The same, where only a caller's trace is of interest. */
  public Trace part(String traceparent) {
    return traceparent.isEmpty() ? Trace.OFF : of(traceparent);
  }

  /** Passes on what a client measured itself; where traces are off it is forgotten. */
  public void forward(ExportTraceServiceRequest spans) {
    parts.ifPresent(on -> on.foreign().add(spans));
  }

  /** Sends what waits, for two seconds at most. */
  @Override
  public void close() {
    parts.ifPresent(on -> {
      on.provider().shutdown().join(GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
      on.foreign().close();
      on.collector().close();
    });
  }
}
