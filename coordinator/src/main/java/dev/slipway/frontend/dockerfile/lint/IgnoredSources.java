package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.graph.SourceMap.Range;
import dev.slipway.pattern.PatternMatcher;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Copies of what the context does not send. Where patterns take something back nothing is said: a
 * file may be let in from a directory that is not.
 */
final class IgnoredSources {
  private static final Set<String> EVERYTHING = Set.of("*", "**", "**/*");
  private static final Pattern REMOTE =
      Pattern.compile("(?:https?|git|ssh)://.*|git@.*|github[.]com/.*");

  private final Linter linter;
  private final List<String> patterns;
  private final PatternMatcher matcher;

  IgnoredSources(Linter linter, List<String> patterns) {
    this.linter = linter;
    this.patterns = patterns;
    this.matcher = PatternMatcher.of(patterns);
  }

  /** Looks at one source of a copy from the context, its variables replaced. */
  void source(boolean add, String source, Range range, List<String> comments) {
    if (matcher.isEmpty() || matcher.hasExceptions() || REMOTE.matcher(source).matches()) {
      return;
    }
    String path = PatternMatcher.clean(source);
    boolean everything = path.equals(".") || path.equals("/");
    if (everything && patterns.stream().noneMatch(EVERYTHING::contains)) {
      return;
    }
    if (matcher.matches(path)) {
      linter.warn(Rule.COPY_IGNORED_FILE, comments, range, add ? "Add" : "Copy", path);
    }
  }
}
