package dev.slipway.tracing;

import com.google.protobuf.ByteString;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;

/** Our spans as OTLP has them. All their attributes are texts. */
final class SpanMessages {
  private final Resource resource;

  /**
   * @param resource who sends them
   */
  SpanMessages(Map<String, String> resource) {
    Resource.Builder builder = Resource.newBuilder();
    resource.forEach((key, value) -> builder.addAttributes(attribute(key, value)));
    this.resource = builder.build();
  }

  ExportTraceServiceRequest of(Collection<SpanData> spans) {
    ScopeSpans.Builder scope = ScopeSpans.newBuilder();
    scope.getScopeBuilder().setName("slipway");
    spans.forEach(span -> scope.addSpans(message(span)));
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(ResourceSpans.newBuilder().setResource(resource).addScopeSpans(scope))
        .build();
  }

  private static Span message(SpanData span) {
    Span.Builder message =
        Span.newBuilder()
            .setTraceId(bytes(span.getTraceId()))
            .setSpanId(bytes(span.getSpanId()))
            .setName(span.getName())
            .setKind(Span.SpanKind.SPAN_KIND_INTERNAL)
            .setStartTimeUnixNano(span.getStartEpochNanos())
            .setEndTimeUnixNano(span.getEndEpochNanos());
    if (span.getParentSpanContext().isValid()) {
      message.setParentSpanId(bytes(span.getParentSpanId()));
    }
    span.getAttributes()
        .forEach(
            (key, value) -> message.addAttributes(attribute(key.getKey(), String.valueOf(value))));
    if (span.getStatus().getStatusCode() == StatusCode.ERROR) {
      message.setStatus(
          Status.newBuilder()
              .setCode(Status.StatusCode.STATUS_CODE_ERROR)
              .setMessage(span.getStatus().getDescription()));
    }
    return message.build();
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }
}
