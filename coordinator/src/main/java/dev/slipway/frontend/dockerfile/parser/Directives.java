package dev.slipway.frontend.dockerfile.parser;

import dev.slipway.frontend.SourceError;
import dev.slipway.graph.SourceMap.Range;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parser directives: {@code # key=value} lines before everything else. */
final class Directives {
  private static final Set<String> KNOWN = Set.of("syntax", "escape", "check");
  private static final Pattern DIRECTIVE =
      Pattern.compile("#[ \\t]*([a-zA-Z][a-zA-Z0-9]*)[ \\t]*=[ \\t]*(\\S.*)");

  private Directives() {}

  /**
   * Reads the escape character; syntax and check are this frontend's own business and only checked
   * for being there once.
   */
  static char escape(SourceText source, List<String> lines) throws SourceError {
    Map<String, String> found = new HashMap<>();
    int number = 0;
    for (String line : lines) {
      number++;
      if (number == 1 && line.startsWith("#!")) {
        continue;
      }
      Matcher matcher = DIRECTIVE.matcher(line.strip());
      if (!matcher.matches() || !KNOWN.contains(matcher.group(1).toLowerCase(Locale.ROOT))) {
        break;
      }
      String key = matcher.group(1).toLowerCase(Locale.ROOT);
      String value = matcher.group(2).strip();
      if (found.put(key, value) != null) {
        throw source.lexicalError(
            Range.lines(number, number), "only one " + key + " parser directive can be used");
      }
      if (key.equals("escape") && !value.equals("\\") && !value.equals("`")) {
        throw source.lexicalError(
            Range.lines(number, number),
            "invalid escape token '" + value + "' does not match ` or \\");
      }
    }
    return found.getOrDefault("escape", "\\").charAt(0);
  }
}
