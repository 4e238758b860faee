package dev.slipway.execute;

import java.util.List;

/**
 * A command as BuildKit's error messages show it: arguments joined by a blank, quoted as Go's
 * {@code %q} does; clients match it.
 */
final class QuotedArguments {
  private QuotedArguments() {}

  static String of(List<String> arguments) {
    StringBuilder text = new StringBuilder("\"");
    String.join(" ", arguments).codePoints().forEach(point -> append(text, point));
    return text.append('"').toString();
  }

  private static void append(StringBuilder text, int point) {
    switch (point) {
      case '"' -> text.append("\\\"");
      case '\\' -> text.append("\\\\");
      case 7 -> text.append("\\a");
      case '\b' -> text.append("\\b");
      case '\f' -> text.append("\\f");
      case '\n' -> text.append("\\n");
      case '\r' -> text.append("\\r");
      case '\t' -> text.append("\\t");
      case 11 -> text.append("\\v");
      default -> {
        if (point == ' ' || isPrintable(point)) {
          text.appendCodePoint(point);
        } else if (point < 0x80) {
          text.append(String.format("\\x%02x", point));
        } else if (point < 0x10000) {
          text.append(String.format("\\u%04x", point));
        } else {
          text.append(String.format("\\U%08x", point));
        }
      }
    }
  }

  private static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
