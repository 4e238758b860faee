package dev.slipway.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.util.Collection;

/** Sends batches on the SDK's thread for batches; what the collector does not take is lost. */
final class CollectorExporter implements SpanExporter {
  private final Collector collector;
  private final SpanMessages messages;
  private final Complaints complaints;

  CollectorExporter(Collector collector, SpanMessages messages, Complaints complaints) {
    this.collector = collector;
    this.messages = messages;
    this.complaints = complaints;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    try {
      collector.send(messages.of(spans));
      return CompletableResultCode.ofSuccess();
    } catch (IOException e) {
      complaints.lost(spans.size(), e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return CompletableResultCode.ofFailure();
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
