package dev.slipway.fileops;

import dev.slipway.pattern.PatternMatcher;
import java.util.List;

/** Which files of a source a copy takes: patterns of .dockerignore, relative to the source. */
final class CopyFilter {
  private final PatternMatcher include;
  private final PatternMatcher exclude;

  CopyFilter(List<String> include, List<String> exclude) {
    this.include = matcher(include);
    this.exclude = matcher(exclude);
  }

  /** Whether the path itself is taken. */
  boolean takes(String path) {
    return (include.isEmpty() || include.matches(path)) && !exclude.matches(path);
  }

  /** Whether nothing at or below the directory can be taken. */
  boolean prunes(String directory) {
    return !exclude.hasExceptions() && exclude.matches(directory);
  }

  private static PatternMatcher matcher(List<String> patterns) {
    return PatternMatcher.of(patterns.stream().map(CopyFilter::relative).toList());
  }

  private static String relative(String pattern) {
    String text = pattern.strip();
    boolean exception = text.startsWith("!");
    String path = (exception ? text.substring(1).strip() : text).replaceFirst("^/+(?=.)", "");
    return exception ? "!" + path : path;
  }
}
