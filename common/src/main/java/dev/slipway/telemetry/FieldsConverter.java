package dev.slipway.telemetry;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.event.KeyValuePair;

/**
 * Writes a line's fields as {@code key="value"}: its own, then the build and the stage that its
 * thread works for. Values come from clients too; whatever they contain, they end at their quote
 * and the line at its end.
 */
public final class FieldsConverter extends ClassicConverter {
  @Override
  public String convert(ILoggingEvent event) {
    List<KeyValuePair> own =
        event.getKeyValuePairs() == null ? List.of() : event.getKeyValuePairs();
    Map<String, String> context = new TreeMap<>(event.getMDCPropertyMap());
    StringBuilder text = new StringBuilder();
    for (KeyValuePair pair : own) {
      append(text, pair.key, String.valueOf(pair.value));
      context.remove(pair.key);
    }
    context.forEach((key, value) -> append(text, key, value));
    return text.toString();
  }

  private static void append(StringBuilder text, String key, String value) {
    text.append(' ').append(key).append("=\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        default -> {
          // Escape sequences of terminals among them, and the line ends that only Unicode knows.
          if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
            text.append("\\u%04x".formatted((int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }
}
