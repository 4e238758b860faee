package dev.slipway.frontend.dockerfile;

import dev.slipway.graph.SourceMap.Range;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The frontend that a Dockerfile, or whoever builds it, asks for.
 *
 * @param image to be run
 * @param commandLine the whole of what was asked for: the image and what follows it
 * @param place where the file says it; empty = a build argument says it
 */
record Syntax(String image, String commandLine, Optional<Range> place) {
  private static final String ARGUMENT = "build-arg:BUILDKIT_SYNTAX";

  /** Who has it was asked by another frontend, which has looked already. */
  private static final String ASKED = "cmdline";

  private static final Set<String> DIRECTIVES = Set.of("syntax", "escape", "check");

  /** Comments of other languages begin a line too: a Dockerfile may be a part of their files. */
  private static final Pattern DIRECTIVE =
      Pattern.compile("(?:#|//)[ \\t]*([a-zA-Z][a-zA-Z0-9]*)[ \\t]*=[ \\t]*(\\S.*)");

  /** Directives come first; what is further down is something else. */
  private static final int MOST_LINES = 20;

  /** Returns what is asked for; empty when nobody asks, or has asked before. */
  static Optional<Syntax> of(Map<String, String> options, byte[] dockerfile) {
    if (options.containsKey(ASKED)) {
      return Optional.empty();
    }
    String argument = options.getOrDefault(ARGUMENT, "").strip();
    if (!argument.isEmpty()) {
      return Optional.of(new Syntax(first(argument), argument, Optional.empty()));
    }
    List<String> lines =
        new String(dockerfile, StandardCharsets.UTF_8).lines().limit(MOST_LINES).toList();
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1).strip();
      if (number == 1) {
        line = line.startsWith("\uFEFF") ? line.substring(1) : line;
        if (line.startsWith("#!")) {
          continue;
        }
      }
      Matcher matcher = DIRECTIVE.matcher(line);
      if (!matcher.matches() || !DIRECTIVES.contains(matcher.group(1).toLowerCase(Locale.ROOT))) {
        return Optional.empty();
      }
      if (matcher.group(1).equalsIgnoreCase("syntax")) {
        String value = matcher.group(2).strip();
        return Optional.of(
            new Syntax(first(value), value, Optional.of(Range.lines(number, number))));
      }
    }
    return Optional.empty();
  }

  private static String first(String text) {
    return text.split("\\s", 2)[0];
  }
}
