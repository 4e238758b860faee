package dev.slipway.pattern;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Patterns of .dockerignore and of copies: a path, and patterns, one a line. */
public final class PatternFuzz {
  private PatternFuzz() {}

  public static void fuzzerTestOneInput(byte[] data) {
    List<String> lines = Arrays.asList(new String(data, StandardCharsets.UTF_8).split("\n"));
    if (lines.size() < 2) {
      return;
    }
    String path = lines.getFirst();
    List<String> patterns = lines.subList(1, lines.size());
    try {
      boolean matched = PatternMatcher.of(patterns).matches(path);
      if (matched && PatternMatcher.of(patterns).isEmpty()) {
        throw new AssertionError("nothing matched something");
      }
    } catch (IllegalArgumentException _) {
      // Malformed, which the author is told.
    }
    for (String pattern : patterns) {
      try {
        Wildcard.check(pattern);
        Wildcard.matches(pattern, path);
      } catch (IllegalArgumentException _) {
        continue;
      }
    }
  }
}
