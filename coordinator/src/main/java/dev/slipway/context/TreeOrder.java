package dev.slipway.context;

import java.util.Comparator;

/**
 * The order of paths in a transfer: bytes of UTF-8, {@code /} below every other byte, so that a
 * directory's content follows it at once ({@code a}, {@code a/b}, {@code a.txt}).
 */
public final class TreeOrder implements Comparator<String> {
  public static final TreeOrder INSTANCE = new TreeOrder();

  private TreeOrder() {}

  @Override
  public int compare(String left, String right) {
    int common = Math.min(left.length(), right.length());
    for (int i = 0; i < common; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        return a == '/' ? -1 : b == '/' ? 1 : Integer.compare(rank(a), rank(b));
      }
    }
    return left.length() - right.length();
  }

  /**
   * Surrogates stand for code points above U+FFFF, whose UTF-8 form is above that of any single
   * char.
   */
  private static int rank(char character) {
    return Character.isSurrogate(character) ? character + 0x10000 : character;
  }
}
