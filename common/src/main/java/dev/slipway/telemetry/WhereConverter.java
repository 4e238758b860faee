package dev.slipway.telemetry;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.event.KeyValuePair;

/**
 * Adds the build and the stage that a thread works for to its lines, unless they say it themselves.
 */
public final class WhereConverter extends ClassicConverter {
  @Override
  public String convert(ILoggingEvent event) {
    Map<String, String> context = event.getMDCPropertyMap();
    if (context.isEmpty()) {
      return "";
    }
    List<KeyValuePair> said =
        event.getKeyValuePairs() == null ? List.of() : event.getKeyValuePairs();
    StringBuilder text = new StringBuilder();
    new TreeMap<>(context)
        .forEach((key, value) -> {
          if (said.stream().noneMatch(pair -> pair.key.equals(key))) {
            text.append(text.isEmpty() && said.isEmpty() ? "" : " ")
                .append(key)
                .append("=\"")
                .append(value)
                .append('"');
          }
        });
    return text.toString();
  }
}
