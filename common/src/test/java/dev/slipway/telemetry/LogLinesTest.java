package dev.slipway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LogLinesTest {
  private final LogbackMDCAdapter mdc = new LogbackMDCAdapter();

  @Test
  void aLineHasItsFieldsAndWhatItsThreadWorksFor() throws Exception {
    String written =
        written(
            "text",
            log -> {
              mdc.put("build", "b1");
              mdc.put("stage", "s1");
              log.atWarn().addKeyValue("worker", "w1").log("trying again");
            });

    assertThat(written)
        .matches(
            "20[-0-9]+T[:.0-9]+Z WARN  test: trying again worker=\"w1\" build=\"b1\" stage=\"s1\"\n");
  }

  @Test
  void aFieldOfTheLineIsNotSaidAgain() throws Exception {
    String written =
        written(
            "text",
            log -> {
              mdc.put("build", "b1");
              log.atInfo().addKeyValue("build", "b2").log("build ended");
            });

    assertThat(written).endsWith("build ended build=\"b2\"\n");
  }

  @Test
  void aClientCannotForgeALineOrAField() throws Exception {
    String written =
        written(
            "text",
            log ->
                log.atInfo()
                    .addKeyValue(
                        "filters", "x\" who=\"root\\\"\n2026 audit: built who=\"root\"\u001b[2J")
                    .log("pruned"));

    assertThat(written.lines()).hasSize(1);
    assertThat(written)
        .endsWith(
            " filters=\"x\\\" who=\\\"root\\\\\\\"\\n2026 audit: built who=\\\"root\\\"\\u001b[2J\"\n");
  }

  @Test
  void linesMayBeJson() throws Exception {
    String written =
        written(
            "json",
            log -> {
              mdc.put("build", "b1");
              log.atInfo().addKeyValue("image", "a\nb").log("pushed");
            });

    assertThat(written.lines()).hasSize(1);
    assertThat(written)
        .startsWith("{\"timestamp\":")
        .contains("\"formattedMessage\":\"pushed\"", "\"build\":\"b1\"", "\"image\":\"a\\nb\"");
  }

  /** What the configuration of the processes writes to standard error. */
  private String written(String format, Consumer<Logger> lines) throws Exception {
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(mdc);
    context.putProperty("SLIPWAY_LOG_FORMAT", format);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(getClass().getResource("/logback.xml"));
      lines.accept(context.getLogger("test"));
      context.stop();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
