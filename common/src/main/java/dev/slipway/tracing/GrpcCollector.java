package dev.slipway.tracing;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** OTLP/gRPC: h2c for {@code http}, TLS with the machine's authorities for {@code https}. */
final class GrpcCollector implements Collector {
  private static final int DEFAULT_PORT = 4317;

  private final ManagedChannel channel;
  private final TraceServiceGrpc.TraceServiceBlockingStub stub;

  GrpcCollector(URI endpoint, Map<String, String> headers) {
    int port = endpoint.getPort() < 0 ? DEFAULT_PORT : endpoint.getPort();
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.getHost(), port);
    this.channel =
        ("https".equals(endpoint.getScheme()) ? builder : builder.usePlaintext()).build();
    Metadata metadata = new Metadata();
    headers.forEach((name, value) ->
        metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
    this.stub =
        TraceServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  @Override
  public void send(ExportTraceServiceRequest spans) throws IOException {
    try {
      stub.withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).export(spans);
    } catch (StatusRuntimeException e) {
      throw new IOException(
          "the collector of traces did not take them: " + words(e.getStatus()), e);
    }
  }

  /** One line: the text of a status has the stack trace of its cause. */
  private static String words(Status status) {
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String why = cause == null ? status.getDescription() : cause.getMessage();
    return status.getCode() + (why == null ? "" : ": " + why);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
