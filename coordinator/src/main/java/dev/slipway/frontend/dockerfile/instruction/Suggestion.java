package dev.slipway.frontend.dockerfile.instruction;

import java.util.Collection;
import java.util.Locale;

/** The "did you mean" of error messages. */
public final class Suggestion {
  /** More edits than this are another word. */
  private static final int MOST_EDITS = 2;

  private static final int LONGEST_WORD = 100;

  private Suggestion() {}

  /** Returns {@code (did you mean X?)} or nothing; case counts. */
  public static String of(String word, Collection<String> candidates) {
    return of(word, candidates, "");
  }

  /** The same; {@code prefix} is what such words are written with. */
  public static String of(String word, Collection<String> candidates, String prefix) {
    String best = null;
    int least = MOST_EDITS + 1;
    for (String candidate : candidates) {
      if (word.equals(candidate)) {
        return ""; // then something else is wrong with it
      }
      if (word.length() > LONGEST_WORD || candidate.length() > LONGEST_WORD) {
        continue;
      }
      int distance = distance(word, candidate);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best == null ? "" : " (did you mean " + prefix + best + "?)";
  }

  /** The same for words whose case says nothing; the answer has the case of the question. */
  public static String ignoringCase(String word, Collection<String> candidates) {
    boolean upper = word.equals(word.toUpperCase(Locale.ROOT));
    return of(
        upper ? word : word.toLowerCase(Locale.ROOT),
        candidates.stream()
            .map(candidate ->
                upper ? candidate.toUpperCase(Locale.ROOT) : candidate.toLowerCase(Locale.ROOT))
            .toList());
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
