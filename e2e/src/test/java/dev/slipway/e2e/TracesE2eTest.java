package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.slipway.tracing.TraceReceiver;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One trace for each build, from the client's command to the push, at a real OTLP receiver. */
class TracesE2eTest {
  /** Spans leave a second after they ended. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static TraceReceiver receiver;
  private static Farm farm;

  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void start() throws IOException {
    receiver = TraceReceiver.start();
    farm =
        Farm.start(
            1,
            LocalRegistry.shared().mirrorConfig()
                + "[otel]\nendpoint = \"%s\"\n".formatted(receiver.grpc()));
  }

  @AfterAll
  static void end() {
    farm.close();
    receiver.close();
  }

  private void build(String step, String... flags) {
    farm.buildx()
        .build(BuildDirectory.of("FROM busybox\nRUN " + step + "\n").path(), flags)
        .orThrow();
  }

  /** The spans of the trace that has that step, once all of {@code names} are there. */
  private static List<Span> traceOf(String step, String... names) {
    return Awaitility.await("the trace of " + step + " has " + String.join(", ", names))
        .atMost(PATIENCE)
        .until(
            () -> {
              ByteString trace = step(step).map(Span::getTraceId).orElse(ByteString.EMPTY);
              return receiver.spans().stream()
                  .filter(span -> span.getTraceId().equals(trace))
                  .toList();
            },
            spans -> spans.stream().map(Span::getName).toList().containsAll(List.of(names)));
  }

  private static java.util.Optional<Span> step(String text) {
    return receiver.spans().stream()
        .filter(span -> span.getName().equals("step"))
        .filter(span ->
            span.getAttributesList().stream()
                .anyMatch(each -> each.getValue().getStringValue().contains(text)))
        .findFirst();
  }

  private static Span named(List<Span> spans, String name) {
    return spans.stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void aBuildIsOneTraceThroughTheCoordinatorAndItsWorkers() {
    build("echo traced > /one", "-t", registry.image("traces/app:1"), "--push");

    List<Span> spans =
        traceOf(
            "echo traced",
            "build",
            "frontend",
            "solve",
            "queue wait",
            "stage",
            "stage at its worker",
            "step",
            "export",
            "push",
            "push at its worker");

    assertThat(named(spans, "solve").getParentSpanId())
        .isEqualTo(named(spans, "build").getSpanId());
    assertThat(named(spans, "stage at its worker").getParentSpanId())
        .isEqualTo(named(spans, "stage").getSpanId());
    assertThat(named(spans, "step").getParentSpanId())
        .isEqualTo(named(spans, "stage at its worker").getSpanId());
    assertThat(receiver.services()).contains("slipway-coordinator", "slipway-worker");
  }

  @Test
  void theClientsTraceGoesOnAtTheFarmAndItsOwnSpansArePassedOn() {
    build("echo client > /one");

    List<Span> spans = traceOf("echo client", "build");

    ByteString caller = named(spans, "build").getParentSpanId();
    Awaitility.await("the client's span")
        .atMost(PATIENCE)
        .until(() -> receiver.spans().stream().anyMatch(span -> span.getSpanId().equals(caller)));
  }

  @Test
  void linesOfTheLogCarryTheTrace() {
    build("echo logged > /one");

    String trace =
        HexFormat.of()
            .formatHex(traceOf("echo logged", "build").getFirst().getTraceId().toByteArray());

    assertThat(farm.logs().lines().filter(line -> line.contains("trace=\"" + trace)))
        .anyMatch(line -> line.contains("stage placed"))
        .anyMatch(line -> line.contains("stage ended here"))
        .anyMatch(line -> line.contains("build ended"));
  }

  @Test
  void aBuildThatFailsSaysSoInItsTrace() {
    farm.buildx().build(BuildDirectory.of("FROM busybox\nRUN echo broken && exit 3\n").path());

    List<Span> spans = traceOf("echo broken", "build", "stage");

    assertThat(named(spans, "build").getStatus().getMessage()).contains("exit code: 3");
    assertThat(named(spans, "stage").getStatus().getMessage()).isEqualTo("FAILED");
  }
}
