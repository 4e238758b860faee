package dev.slipway.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
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
  private record Rule(String text, boolean exception, @Nullable Pattern expression) {
    static Rule of(String text, boolean exception) {
      try {
        Wildcard.check(text);
        String expression = Expression.of(text);
        return new Rule(
            text,
            exception,
            expression == null ? null : Pattern.compile(expression, Pattern.DOTALL));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("syntax error in pattern \"" + text + "\"", e);
      }
    }

    boolean matchesPathOrParent(String path) {
      if (expression == null) {
        return path.startsWith(text)
            && (path.length() == text.length() || path.charAt(text.length()) == '/');
      }
      for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
        if (expression.matcher(path).region(0, end).matches()) {
          return true;
        }
      }
      return expression.matcher(path).matches();
    }
  }

  /** Patterns as regular expressions. */
  private static final class Expression {
    private static final String SPECIAL = ".+()|{}$^&#]";

    /** Null if the pattern has nothing special and stands for itself. */
    static @Nullable String of(String pattern) {
      if (!Wildcard.isWildcard(pattern) && pattern.indexOf('\\') < 0) {
        return null;
      }
      StringBuilder result = new StringBuilder();
      // "**text" alone is a plain suffix; with any other wildcard in it the leading stars stop at a
      // slash.
      boolean suffix =
          pattern.startsWith("**")
              && !Wildcard.isWildcard(pattern.substring(2))
              && pattern.indexOf('\\') < 0;
      for (int i = 0; i < pattern.length(); i++) {
        char character = pattern.charAt(i);
        switch (character) {
          case '*' -> i = stars(pattern, i, suffix, result);
          case '?' -> result.append("[^/]");
          case '[' -> i = characterClass(pattern, i, result);
          case '\\' -> result.append(Pattern.quote(String.valueOf(pattern.charAt(++i))));
          default -> {
            if (SPECIAL.indexOf(character) >= 0) {
              result.append('\\');
            }
            result.append(character);
          }
        }
      }
      return result.toString();
    }

    private static int stars(String pattern, int at, boolean suffix, StringBuilder result) {
      int last = at;
      if (!pattern.startsWith("**", at)) {
        result.append("[^/]*");
        return last;
      }
      last++;
      boolean slash = pattern.startsWith("/", last + 1);
      if (slash) {
        last++;
      }
      if (last + 1 == pattern.length()) {
        result.append(".*");
      } else {
        result.append(suffix && !slash ? ".*" : "(?:.*/)?");
      }
      return last;
    }

    private static int characterClass(String pattern, int at, StringBuilder result) {
      result.append("(?!/)[");
      int i = at + 1;
      if (pattern.charAt(i) == '^') {
        result.append('^');
        i++;
      }
      for (; pattern.charAt(i) != ']'; i++) {
        char character = pattern.charAt(i);
        if (character == '\\') {
          character = pattern.charAt(++i);
          result.append(Character.isLetterOrDigit(character) ? "" : "\\").append(character);
        } else {
          if ("[&^".indexOf(character) >= 0) {
            result.append('\\');
          }
          result.append(character);
        }
      }
      result.append(']');
      return i;
    }
  }
}
