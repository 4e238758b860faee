package dev.slipway.fileops;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.pattern.PatternMatcher;
import java.util.List;

/** Which files of a source a copy takes: patterns of .dockerignore, relative to the source. */
final class CopyFilter {
  private final PatternMatcher include;
  private final PatternMatcher exclude;

  /**
   * @throws SlipwayException INVALID when a pattern is malformed
   */
  CopyFilter(List<String> include, List<String> exclude) throws SlipwayException {
    this.include = matcher("includepatterns", include);
    this.exclude = matcher("excludepatterns", exclude);
  }

  /** Whether the path itself is taken. */
  boolean takes(String path) {
    return (include.isEmpty() || include.matches(path)) && !exclude.matches(path);
  }

  /** Whether nothing at or below the directory can be taken. */
  boolean prunes(String directory) {
    return !exclude.hasExceptions() && exclude.matches(directory);
  }

  private static PatternMatcher matcher(String what, List<String> patterns)
      throws SlipwayException {
    try {
      return PatternMatcher.of(patterns.stream().map(CopyFilter::relative).toList());
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "invalid " + what + ": [" + String.join(" ", patterns) + "]: " + e.getMessage(),
          e);
    }
  }

  private static String relative(String pattern) {
    String text = pattern.strip();
    boolean exception = text.startsWith("!");
    String path = (exception ? text.substring(1).strip() : text).replaceFirst("^/+(?=.)", "");
    return exception ? "!" + path : path;
  }
}
