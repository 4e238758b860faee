package dev.slipway.pattern;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pattern of .dockerignore, compiled. All ways of matching are followed at once, one character
 * after the other, so that time is at most length of the path times length of the pattern, whatever
 * stars are in it. Immutable.
 */
final class PathExpression {
  /** One step of the pattern. */
  private sealed interface Element {
    /** Exactly that character. */
    record Literal(int character) implements Element {}

    /** {@code ?}. */
    record One() implements Element {}

    /** {@code [a-z]}: pairs of first and last character. */
    record OneOf(boolean negated, List<int[]> ranges) implements Element {}

    /** {@code *}: any number of characters, none of them a slash. */
    record Star() implements Element {}

    /** {@code **} at the end: anything. */
    record Anything() implements Element {}

    /** <code>**{@literal /}</code>: nothing, or anything that ends with a slash. */
    record Directories() implements Element {}

    /** Within the anything of the element before, which is that of directories. */
    record Within() implements Element {}
  }

  private final Element[] elements;

  private PathExpression(List<Element> elements) {
    this.elements = elements.toArray(Element[]::new);
  }

  /**
   * Compiles the pattern.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  static PathExpression of(String pattern) {
    Wildcard.check(pattern);
    // "**text" alone is a plain suffix; with any other wildcard in it the leading stars stop at a
    // slash.
    boolean suffix =
        pattern.startsWith("**")
            && !Wildcard.isWildcard(pattern.substring(2))
            && pattern.indexOf('\\') < 0;
    int[] text = pattern.codePoints().toArray();
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < text.length; i++) {
      switch (text[i]) {
        case '*' -> {
          if (i + 1 == text.length || text[i + 1] != '*') {
            elements.add(new Element.Star());
            continue;
          }
          i++;
          boolean slash = i + 1 < text.length && text[i + 1] == '/';
          if (slash) {
            i++;
          }
          if (i + 1 == text.length || suffix && !slash) {
            elements.add(new Element.Anything());
          } else {
            elements.add(new Element.Directories());
            elements.add(new Element.Within());
          }
        }
        case '?' -> elements.add(new Element.One());
        case '[' -> i = oneOf(text, i + 1, elements);
        case '\\' -> elements.add(new Element.Literal(text[++i]));
        default -> elements.add(new Element.Literal(text[i]));
      }
    }
    return new PathExpression(elements);
  }

  /** Adds the class that begins at the index; returns the index of its end. */
  private static int oneOf(int[] text, int start, List<Element> elements) {
    int i = start;
    boolean negated = text[i] == '^';
    if (negated) {
      i++;
    }
    List<int[]> ranges = new ArrayList<>();
    for (; text[i] != ']'; i++) {
      if (text[i] == '\\') {
        i++;
      }
      int low = text[i];
      int high = low;
      if (text[i + 1] == '-') {
        i += text[i + 2] == '\\' ? 3 : 2;
        high = text[i];
      }
      if (low > high) {
        throw new IllegalArgumentException("a range of characters ends before it begins");
      }
      ranges.add(new int[] {low, high});
    }
    elements.add(new Element.OneOf(negated, ranges));
    return i;
  }

  /** Whether the path, or a directory that it is in, matches as a whole. */
  boolean matchesPathOrParent(String path) {
    boolean[] now = new boolean[elements.length + 1];
    boolean[] next = new boolean[elements.length + 1];
    enter(now, 0);
    for (int at = 0; at < path.length(); ) {
      int character = path.codePointAt(at);
      if (character == '/' && now[elements.length]) {
        return true;
      }
      Arrays.fill(next, false);
      for (int i = 0; i < elements.length; i++) {
        if (now[i]) {
          step(next, i, character);
        }
      }
      boolean[] swap = now;
      now = next;
      next = swap;
      at += Character.charCount(character);
    }
    return now[elements.length];
  }

  private void step(boolean[] next, int i, int character) {
    switch (elements[i]) {
      case Element.Literal(int literal) -> move(next, i + 1, literal == character);
      case Element.One() -> move(next, i + 1, character != '/');
      case Element.OneOf one -> move(next, i + 1, character != '/' && isOneOf(one, character));
      case Element.Star() -> move(next, i, character != '/');
      case Element.Anything() -> move(next, i, true);
      case Element.Directories() -> {
        next[i + 1] = true;
        move(next, i + 2, character == '/');
      }
      case Element.Within() -> {
        next[i] = true;
        move(next, i + 1, character == '/');
      }
    }
  }

  private void move(boolean[] next, int i, boolean matched) {
    if (matched) {
      enter(next, i);
    }
  }

  /** Marks the element, and those after it when it may stand for nothing. */
  private void enter(boolean[] marks, int first) {
    int i = first;
    while (!marks[i]) {
      marks[i] = true;
      if (i == elements.length) {
        return;
      }
      switch (elements[i]) {
        case Element.Star(), Element.Anything() -> i++;
        case Element.Directories() -> i += 2;
        case Element.Literal _, Element.One _, Element.OneOf _, Element.Within _ -> {
          return;
        }
      }
    }
  }

  private static boolean isOneOf(Element.OneOf one, int character) {
    for (int[] range : one.ranges()) {
      if (range[0] <= character && character <= range[1]) {
        return !one.negated();
      }
    }
    return one.negated();
  }
}
