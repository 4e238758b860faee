package dev.slipway.frontend.dockerfile.shell;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * A shell pattern of {@code *}, {@code ?} and escapes, matched by a state machine: time is the
 * product of the lengths, never more, and that is bounded too.
 */
final class ShellPattern {
  /** Steps that one substitution may take; a real one takes some thousands. */
  static final long MOST_STEPS = 5_000_000;

  private final int[] tokens;
  private long steps;

  private static final int ANY = -1;
  private static final int ONE = -2;

  private ShellPattern(int[] tokens) {
    this.tokens = tokens;
  }

  /**
   * Reads a pattern. A backslash takes the meaning of what follows, whatever the file's escape
   * character is.
   */
  static ShellPattern parse(String pattern) throws SlipwayException {
    int[] tokens = new int[pattern.length()];
    int count = 0;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '*') {
        tokens[count++] = ANY;
      } else if (c == '?') {
        tokens[count++] = ONE;
      } else if (c == '\\') {
        char escaped = i + 1 < pattern.length() ? pattern.charAt(++i) : '\uffff';
        if ("}/*?\\".indexOf(escaped) < 0) {
          throw new SlipwayException(
              ErrorKind.INVALID,
              "invalid pattern ("
                  + pattern
                  + ") in substitution: invalid escape '\\"
                  + (escaped == '\uffff' ? "" : escaped)
                  + "'");
        }
        tokens[count++] = escaped;
      } else {
        tokens[count++] = c;
      }
    }
    return new ShellPattern(Arrays.copyOf(tokens, count));
  }

  private ShellPattern reversed() {
    int[] backwards = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      backwards[i] = tokens[tokens.length - 1 - i];
    }
    return new ShellPattern(backwards);
  }

  String stripPrefix(String value, boolean longest) throws SlipwayException {
    int length = match(value, 0, longest);
    return length < 0 ? value : value.substring(length);
  }

  String stripSuffix(String value, boolean longest) throws SlipwayException {
    int length = reversed().match(new StringBuilder(value).reverse().toString(), 0, longest);
    return length < 0 ? value : value.substring(0, value.length() - length);
  }

  String replace(String value, String replacement, boolean all) throws SlipwayException {
    StringBuilder result = new StringBuilder();
    int at = 0;
    while (at < value.length()) {
      int length = match(value, at, true);
      if (length > 0) {
        result.append(replacement);
        at += length;
        if (!all) {
          break;
        }
      } else {
        result.append(value.charAt(at++));
      }
      if (result.length() > ShellLexer.LONGEST_RESULT) {
        throw ShellLexer.tooLong();
      }
    }
    return result.append(value, at, value.length()).toString();
  }

  /** Length of the shortest or longest match that starts at {@code from}; -1 when there is none. */
  private int match(String value, int from, boolean longest) throws SlipwayException {
    BitSet states = new BitSet(tokens.length + 1);
    reach(states, 0);
    int found = -1;
    for (int at = from; ; at++) {
      if (states.get(tokens.length)) {
        found = at - from;
        if (!longest) {
          return found;
        }
      }
      if (at == value.length() || states.isEmpty()) {
        return found;
      }
      BitSet following = new BitSet(tokens.length + 1);
      for (int state = states.nextSetBit(0); state >= 0; state = states.nextSetBit(state + 1)) {
        if (++steps > MOST_STEPS) {
          throw new SlipwayException(ErrorKind.EXHAUSTED, "pattern substitution takes too long");
        }
        if (state == tokens.length) {
          continue;
        }
        int token = tokens[state];
        if (token == ANY) {
          reach(following, state);
        } else if (token == ONE || token == value.charAt(at)) {
          reach(following, state + 1);
        }
      }
      states = following;
    }
  }

  private void reach(BitSet states, int first) {
    int state = first;
    states.set(state);
    while (state < tokens.length && tokens[state] == ANY) {
      states.set(++state);
    }
  }
}
