package dev.slipway.tracing;

import dev.slipway.config.OtelSettings;
import dev.slipway.config.OtelSettings.Protocol;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/** Takes spans: an OTLP collector. Each call blocks until it has them. @ThreadSafe */
interface Collector extends AutoCloseable {
  /** Longest time of a call. */
  Duration PATIENCE = Duration.ofSeconds(10);

  void send(ExportTraceServiceRequest spans) throws IOException, InterruptedException;

  @Override
  void close();

  /** The one that the settings name; it need not be there yet. */
  static Collector at(URI endpoint, OtelSettings settings) {
    return switch (settings.protocol().orElse(Protocol.GRPC)) {
      case GRPC -> new GrpcCollector(endpoint, settings.headers());
      case HTTP -> new HttpCollector(endpoint, settings.headers());
    };
  }
}
