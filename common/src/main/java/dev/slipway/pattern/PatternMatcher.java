package dev.slipway.pattern;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of .dockerignore patterns: {@code **} crosses directories, {@code !} takes back what an
 * earlier pattern matched, and what matches a directory matches everything in it. The last pattern
 * that applies decides. @ThreadSafe
 */
public final class PatternMatcher {
  private final List<Rule> rules;

  private PatternMatcher(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * Reads the patterns; blank ones are dropped.
   *
   * @throws IllegalArgumentException if one is malformed, the message says which
   */
  public static PatternMatcher of(List<String> patterns) {
    List<Rule> rules = new ArrayList<>();
    for (String pattern : patterns) {
      String text = pattern.trim();
      if (text.isEmpty()) {
        continue;
      }
      boolean exception = text.startsWith("!");
      if (exception) {
        text = text.substring(1).trim();
        if (text.isEmpty()) {
          throw new IllegalArgumentException("illegal exclusion pattern: \"!\"");
        }
      }
      rules.add(Rule.of(clean(text), exception));
    }
    return new PatternMatcher(rules);
  }

  /** Whether there is no pattern at all. */
  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /** Whether a file inside a matched directory may still not match. */
  public boolean hasExceptions() {
    return rules.stream().anyMatch(Rule::exception);
  }

  /**
   * Whether the path, or a directory that it is in, matches. The path is slash separated, relative
   * and clean.
   */
  public boolean matches(String path) {
    boolean matched = false;
    for (Rule rule : rules) {
      if (rule.exception() == matched && rule.matchesPathOrParent(path)) {
        matched = !rule.exception();
      }
    }
    return matched;
  }

  /** Go's {@code path.Clean}. */
  public static String clean(String path) {
    boolean rooted = path.startsWith("/");
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/")) {
      if (part.equals("..") && !parts.isEmpty() && !parts.getLast().equals("..")) {
        parts.removeLast();
      } else if (part.equals("..") && rooted) {
        continue;
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    String joined = String.join("/", parts);
    return rooted ? "/" + joined : joined.isEmpty() ? "." : joined;
  }

  /** One pattern; {@code expression} is null when the pattern is plain text. */
  private record Rule(String text, boolean exception, @Nullable PathExpression expression) {
    static Rule of(String text, boolean exception) {
      try {
        boolean plain = !Wildcard.isWildcard(text) && text.indexOf('\\') < 0;
        return new Rule(text, exception, plain ? null : PathExpression.of(text));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("syntax error in pattern \"" + text + "\"", e);
      }
    }

    boolean matchesPathOrParent(String path) {
      if (expression != null) {
        return expression.matchesPathOrParent(path);
      }
      return path.startsWith(text)
          && (path.length() == text.length() || path.charAt(text.length()) == '/');
    }
  }
}
