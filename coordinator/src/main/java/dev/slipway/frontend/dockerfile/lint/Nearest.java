package dev.slipway.frontend.dockerfile.lint;

import java.util.Collection;

/** The name that was meant. */
final class Nearest {
  /** As many edits as this make another name. */
  private static final int TOO_MANY_EDITS = 3;

  /** Names are compared letter by letter, each with each. */
  private static final int LONGEST_NAME = 200;

  private Nearest() {}

  /** {@code (did you mean X?)} after a blank, {@code X} after the prefix, or nothing. */
  static String suggestion(String name, Collection<String> names, String prefix) {
    String best = "";
    int least = TOO_MANY_EDITS;
    for (String candidate : names) {
      if (candidate.equals(name) || name.length() > LONGEST_NAME) {
        return "";
      }
      if (Math.abs(candidate.length() - name.length()) < least) {
        int edits = edits(name, candidate);
        if (edits < least) {
          least = edits;
          best = candidate;
        }
      }
    }
    return best.isEmpty() ? "" : " (did you mean " + prefix + best + "?)";
  }

  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
