package dev.slipway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.config.OtelSettings.Protocol;
import dev.slipway.error.SlipwayException;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OtelSettingsTest {
  private static OtelSettings parse(String toml) throws SlipwayException {
    return FarmConfig.parse(toml, "test.toml").otel();
  }

  @Test
  void tracesAreOffUnlessACollectorIsNamed() throws SlipwayException {
    assertThat(parse("").with(Map.of())).isEqualTo(OtelSettings.DEFAULT);
    assertThat(parse("[otel]\nsocketPath = \"/run/otel.sock\"\n")).isEqualTo(OtelSettings.DEFAULT);
  }

  @Test
  void theConfigurationComesBeforeTheVariablesAndTheyBeforeTheDefaults() throws SlipwayException {
    Map<String, String> variables =
        Map.of(
            "OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4317",
            "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS", "X-Team=builds, api-key=secret");

    OtelSettings told = OtelSettings.DEFAULT.with(variables);
    OtelSettings written =
        parse("[otel]\nendpoint = \"https://written:1\"\nprotocol = \"grpc\"\n").with(variables);

    assertThat(told.endpoint()).hasValue(URI.create("http://traces:4317"));
    assertThat(told.protocol()).hasValue(Protocol.HTTP);
    assertThat(told.headers()).isEqualTo(Map.of("x-team", "builds", "api-key", "secret"));
    assertThat(written.endpoint()).hasValue(URI.create("https://written:1"));
    assertThat(written.protocol()).hasValue(Protocol.GRPC);
  }

  @Test
  void oneVariableSwitchesAllOff() throws SlipwayException {
    assertThat(
            parse("[otel]\nendpoint = \"http://c:4317\"\n")
                .with(Map.of("OTEL_SDK_DISABLED", "true")))
        .isEqualTo(OtelSettings.DEFAULT);
  }

  @Test
  void whatCannotBeIsRefusedByItsName() {
    assertThatThrownBy(() -> parse("[otel]\nendpoint = \"collector:4317\"\n"))
        .hasMessageContaining("otel.endpoint");
    assertThatThrownBy(() -> parse("[otel]\nprotocol = \"json\"\n"))
        .hasMessageContaining("otel.protocol");
    assertThatThrownBy(
            () -> OtelSettings.DEFAULT.with(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")))
        .hasMessageContaining("OTEL_EXPORTER_OTLP_ENDPOINT");
  }
}
