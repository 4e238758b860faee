package dev.slipway.fileops;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Which files of a source a copy takes. Patterns are those of .dockerignore: relative to the source, {@code **} crosses slashes, a
 * match of a directory is a match of all below it, {@code !} takes back, the last match decides.
 */
final class CopyFilter {
  private final List<Rule> include;
  private final List<Rule> exclude;

  private record Rule(Pattern pattern, boolean negated) {}

  CopyFilter(List<String> include, List<String> exclude) {
    this.include = include.stream().map(CopyFilter::rule).toList();
    this.exclude = exclude.stream().map(CopyFilter::rule).toList();
  }

  /** Whether everything is taken. */
  boolean takesAll() {
    return include.isEmpty() && exclude.isEmpty();
  }

  /** Whether the path itself is taken. */
  boolean takes(String path) {
    return (include.isEmpty() || matches(include, path)) && !matches(exclude, path);
  }

  /** Whether nothing at or below the directory can be taken. */
  boolean prunes(String directory) {
    return matches(exclude, directory) && exclude.stream().noneMatch(Rule::negated);
  }

  private static boolean matches(List<Rule> rules, String path) {
    boolean matched = false;
    for (Rule rule : rules) {
      if (matched == rule.negated() && rule.pattern().matcher(path).matches()) {
        matched = !rule.negated();
      }
    }
    return matched;
  }

  private static Rule rule(String raw) {
    boolean negated = raw.startsWith("!");
    String pattern = RootPaths.clean(negated ? raw.substring(1).strip() : raw.strip()).substring(1);
    StringBuilder regex = new StringBuilder();
    String[] parts = pattern.split("/");
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      if (parts[i].equals("**")) {
        regex.append(last ? ".*" : "(?:.*/)?");
      } else {
        regex.append(Wildcards.regex(parts[i]).replace("[^/]*[^/]*", ".*")).append(last ? "" : "/");
      }
    }
    return new Rule(Pattern.compile(regex + "(?:/.*)?", Pattern.DOTALL), negated);
  }
}
