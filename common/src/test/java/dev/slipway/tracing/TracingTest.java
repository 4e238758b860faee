package dev.slipway.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.config.OtelSettings;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CLIENT = "00-" + TRACE + "-b7ad6b7169203331-01";

  private TraceReceiver receiver;

  @BeforeEach
  void listen() throws Exception {
    receiver = TraceReceiver.start();
  }

  @AfterEach
  void stop() {
    receiver.close();
  }

  private static OtelSettings settings(URI endpoint, OtelSettings.Protocol protocol) {
    return new OtelSettings(
        Optional.of(endpoint), Optional.of(protocol), Map.of("x-team", "builds"));
  }

  private Tracing start() {
    return Tracing.start(
        settings(receiver.grpc(), OtelSettings.Protocol.GRPC),
        "slipway-test",
        "one",
        InstantSource.system());
  }

  @Test
  void spansArePartsOfTheClientsTraceAndOfEachOther() {
    try (Tracing tracing = start();
        Trace build = tracing.of(CLIENT).child("build").with("build", "b1")) {
      build.child("solve").close();
    }

    Span build = receiver.span("build");
    Span solve = receiver.span("solve");
    assertThat(hex(build.getTraceId())).isEqualTo(TRACE).isEqualTo(hex(solve.getTraceId()));
    assertThat(hex(build.getParentSpanId())).isEqualTo("b7ad6b7169203331");
    assertThat(solve.getParentSpanId()).isEqualTo(build.getSpanId());
    assertThat(build.getAttributesList())
        .anySatisfy(attribute -> assertThat(attribute.getValue().getStringValue()).isEqualTo("b1"));
    assertThat(receiver.services()).containsExactly("slipway-test");
    assertThat(receiver.headers()).contains("builds");
  }

  @Test
  void withoutACallersTraceANewOneBegins() {
    try (Tracing tracing = start()) {
      tracing.of("").child("build").close();
      tracing.of("nonsense").child("other").close();
    }

    assertThat(receiver.span("build").getParentSpanId().isEmpty()).isTrue();
    assertThat(receiver.span("build").getTraceId())
        .isNotEqualTo(receiver.span("other").getTraceId());
  }

  @Test
  void anotherProcessGoesOnWithTheHeader() {
    try (Tracing tracing = start();
        Trace stage = tracing.of(CLIENT).child("stage")) {
      tracing.part(stage.traceparent()).child("step").close();
    }

    assertThat(receiver.span("step").getParentSpanId())
        .isEqualTo(receiver.span("stage").getSpanId());
  }

  @Test
  void whatWaitedIsToldAfterwardsAndFailuresSayWhy() {
    Instant begun = Instant.ofEpochSecond(1_000);
    try (Tracing tracing = start()) {
      try (Trace wait = tracing.of(CLIENT).child("queue wait", begun)) {
        wait.fail("no worker");
      }
    }

    Span wait = receiver.span("queue wait");
    assertThat(wait.getStartTimeUnixNano()).isEqualTo(1_000_000_000_000L);
    assertThat(wait.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
    assertThat(wait.getStatus().getMessage()).isEqualTo("no worker");
  }

  @Test
  void clientsSpansArePassedOnAsTheyAre() {
    ExportTraceServiceRequest theirs =
        ExportTraceServiceRequest.newBuilder()
            .addResourceSpans(
                ResourceSpans.newBuilder()
                    .addScopeSpans(
                        ScopeSpans.newBuilder().addSpans(Span.newBuilder().setName("client's"))))
            .build();
    try (Tracing tracing = start()) {
      tracing.forward(theirs);
      Awaitility.await().untilAsserted(() -> receiver.span("client's"));
    }

    assertThat(receiver.requests()).contains(theirs);
  }

  @Test
  void speaksHttpToo() {
    try (Tracing tracing =
        Tracing.start(
            settings(receiver.http(), OtelSettings.Protocol.HTTP),
            "slipway-test",
            "one",
            InstantSource.system())) {
      tracing.of(CLIENT).child("build").close();
    }

    assertThat(hex(receiver.span("build").getTraceId())).isEqualTo(TRACE);
    assertThat(receiver.headers()).contains("builds");
  }

  @Test
  void aCollectorThatIsNotThereHoldsNobodyUp() {
    OtelSettings settings = settings(receiver.grpc(), OtelSettings.Protocol.GRPC);
    receiver.close();

    try (Tracing tracing = Tracing.start(settings, "slipway-test", "one", InstantSource.system())) {
      assertThatCode(() -> tracing.of("").child("build").close()).doesNotThrowAnyException();
      for (int i = 0; i < 1_000; i++) {
        tracing.forward(ExportTraceServiceRequest.getDefaultInstance());
      }
    }
  }

  @Test
  void whatIsLostIsToldInALine() throws Exception {
    OtelSettings settings = settings(receiver.grpc(), OtelSettings.Protocol.GRPC);
    receiver.close();

    try (Collector collector = Collector.at(settings.endpoint().orElseThrow(), settings)) {
      assertThatThrownBy(() -> collector.send(ExportTraceServiceRequest.getDefaultInstance()))
          .hasMessageMatching("the collector of traces did not take them: UNAVAILABLE: .+");
    }
  }

  @Test
  void linesOfTheLogCarryTheTraceWhileItIsOpen() {
    try (Tracing tracing = start();
        Trace build = tracing.of(CLIENT).child("build")) {
      try (Trace.Logged _ = build.logged()) {
        assertThat(MDC.get("trace")).isEqualTo(TRACE);
      }
      assertThat(MDC.get("trace")).isNull();
    }
  }

  @Test
  void whereItIsOffNothingIsMadeAndNothingSent() {
    Trace build = Tracing.OFF.of(CLIENT).child("build");

    assertThat(build).isSameAs(Trace.OFF);
    assertThat(build.id()).isEmpty();
    assertThat(build.traceparent()).isEmpty();
    try (Trace.Logged _ = build.logged()) {
      assertThat(MDC.get("trace")).isNull();
    }
  }

  private static String hex(com.google.protobuf.ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }
}
