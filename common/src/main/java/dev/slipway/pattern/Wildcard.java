package dev.slipway.pattern;

/**
 * Go's {@code path.Match}: {@code *} and {@code ?} stay inside one path component, {@code [a-z]},
 * {@code [^a-z]}, backslash escapes.
 */
public final class Wildcard {
  private Wildcard() {}

  /** Whether the text has an unescaped {@code *}, {@code ?} or {@code [}. */
  public static boolean isWildcard(String text) {
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '\\' -> i++;
        case '*', '?', '[' -> {
          return true;
        }
        default -> {}
      }
    }
    return false;
  }

  /** The text without its escapes. */
  public static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\' && i + 1 < text.length()) {
        i++;
      }
      plain.append(text.charAt(i));
    }
    return plain.toString();
  }

  /**
   * Whether the whole name matches.
   *
   * @throws IllegalArgumentException {@code syntax error in pattern} if the pattern is malformed
   */
  public static boolean matches(String pattern, String name) {
    return matches(pattern.codePoints().toArray(), name.codePoints().toArray());
  }

  /**
   * Reads the whole pattern.
   *
   * @throws IllegalArgumentException {@code syntax error in pattern} if it is malformed
   */
  public static void check(String pattern) {
    int[] elements = pattern.codePoints().toArray();
    int p = 0;
    while (p < elements.length) {
      p =
          switch (elements[p]) {
            case '[' -> -oneOfClass(elements, p + 1, -1);
            case '\\' -> p + (literal(elements, p) >= 0 ? 2 : 1);
            default -> p + 1;
          };
    }
  }

  /** The usual greedy walk with one point of return, the last star: never exponential. */
  private static boolean matches(int[] pattern, int[] name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int starName = 0;
    while (n < name.length || p < pattern.length) {
      if (p < pattern.length) {
        if (pattern[p] == '*') {
          star = p++;
          starName = n;
          continue;
        }
        int next = one(pattern, p, n < name.length ? name[n] : -1);
        if (next > 0) {
          p = next;
          n++;
          continue;
        }
      }
      if (star < 0 || starName >= name.length || name[starName] == '/') {
        return false;
      }
      p = star + 1;
      n = ++starName;
    }
    return true;
  }

  /**
   * Index after the element of the pattern at {@code p} if it matches the character (-1 = none
   * there), not positive if it does not.
   */
  private static int one(int[] pattern, int p, int character) {
    return switch (pattern[p]) {
      case '?' -> character >= 0 && character != '/' ? p + 1 : 0;
      case '[' -> oneOfClass(pattern, p + 1, character);
      case '\\' -> literal(pattern, p) == character ? p + 2 : 0;
      default -> pattern[p] == character ? p + 1 : 0;
    };
  }

  private static int oneOfClass(int[] pattern, int p, int character) {
    boolean negated = p < pattern.length && pattern[p] == '^';
    if (negated) {
      p++;
    }
    boolean found = false;
    for (int ranges = 0; ; ranges++) {
      if (p < pattern.length && pattern[p] == ']' && ranges > 0) {
        return character >= 0 && character != '/' && found != negated ? p + 1 : -p - 1;
      }
      int low = classLiteral(pattern, p);
      p += pattern[p] == '\\' ? 2 : 1;
      int high = low;
      if (p < pattern.length && pattern[p] == '-') {
        high = classLiteral(pattern, ++p);
        p += pattern[p] == '\\' ? 2 : 1;
      }
      found |= low <= character && character <= high;
    }
  }

  private static int classLiteral(int[] pattern, int p) {
    if (p >= pattern.length || pattern[p] == '-' || pattern[p] == ']') {
      throw malformed();
    }
    return literal(pattern, p);
  }

  private static int literal(int[] pattern, int p) {
    if (pattern[p] != '\\') {
      return pattern[p];
    }
    if (p + 1 >= pattern.length) {
      throw malformed();
    }
    return pattern[p + 1];
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException("syntax error in pattern");
  }
}
