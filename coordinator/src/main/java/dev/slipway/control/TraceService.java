package dev.slipway.control;

import dev.slipway.tracing.Tracing;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;

/**
 * OTLP's TraceService at the endpoint, as buildkitd has it: clients send what they measured
 * themselves, so that a build is one trace from the client's command to the last layer.
 */
public final class TraceService extends TraceServiceGrpc.TraceServiceImplBase {
  private final Tracing tracing;

  public TraceService(Tracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public void export(
      ExportTraceServiceRequest spans, StreamObserver<ExportTraceServiceResponse> client) {
    tracing.forward(spans);
    client.onNext(ExportTraceServiceResponse.getDefaultInstance());
    client.onCompleted();
  }
}
