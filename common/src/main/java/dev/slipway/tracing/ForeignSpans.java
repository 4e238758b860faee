package dev.slipway.tracing;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Passes clients' spans on to the collector as they are. A few requests wait at most: clients are
 * many, and none waits for the collector. @ThreadSafe
 */
final class ForeignSpans implements AutoCloseable {
  private static final int MOST_WAITING = 64;

  /** A client's whole build has a few hundred spans of some hundred bytes. */
  private static final int LONGEST_REQUEST = 1 << 20;

  private final BlockingQueue<ExportTraceServiceRequest> waiting =
      new ArrayBlockingQueue<>(MOST_WAITING);
  private final Collector collector;
  private final Complaints complaints;
  private final Thread sender;

  ForeignSpans(Collector collector, Complaints complaints) {
    this.collector = collector;
    this.complaints = complaints;
    this.sender = Thread.ofVirtual().name("foreign-spans").start(this::send);
  }

  void add(ExportTraceServiceRequest spans) {
    if (spans.getSerializedSize() > LONGEST_REQUEST) {
      complaints.lost(count(spans), "a client sent more than 1 MiB at once");
    } else if (!waiting.offer(spans)) {
      complaints.lost(count(spans), "clients send more than the collector takes");
    }
  }

  private void send() {
    try {
      while (true) {
        ExportTraceServiceRequest spans = waiting.take();
        try {
          collector.send(spans);
        } catch (IOException e) {
          complaints.lost(count(spans), e.getMessage());
        }
      }
    } catch (InterruptedException _) {
      // Closed; what still waits is lost, as spans of a coordinator that ends may be.
    }
  }

  private static long count(ExportTraceServiceRequest spans) {
    return spans.getResourceSpansList().stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .mapToLong(scope -> scope.getSpansCount())
        .sum();
  }

  @Override
  public void close() {
    sender.interrupt();
  }
}
