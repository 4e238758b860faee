package dev.slipway.web.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One line of a program's output: its text without control characters, and how its parts look.
 * ECMA-48 SGR: the 16 colours, 256 and true colours as the nearest of them, bold, dim, italic,
 * underlined, inverse; all other sequences are left out.
 *
 * @param text what is left to read
 * @param runs parts in order, none empty
 * @param after how the next line begins
 */
record AnsiLine(String text, List<Run> runs, AnsiStyle after) {
  private static final char ESCAPE = '\u001b';
  private static final char BELL = '\u0007';

  AnsiLine {
    runs = List.copyOf(runs);
  }

  /** Characters from {@code start} to {@code end} of the text. */
  record Run(int start, int end, AnsiStyle style) {}

  static AnsiLine parse(String raw, AnsiStyle before) {
    StringBuilder text = new StringBuilder(raw.length());
    List<Run> runs = new ArrayList<>();
    AnsiStyle style = before;
    int begun = 0;
    int at = 0;
    while (at < raw.length()) {
      char c = raw.charAt(at);
      if (c == ESCAPE) {
        int end = sequenceEnd(raw, at);
        Optional<AnsiStyle> changed = sgr(raw, at, end, style);
        if (changed.isPresent() && !changed.get().equals(style)) {
          begun = close(runs, begun, text.length(), style);
          style = changed.get();
        }
        at = end;
      } else {
        if (c == '\t' || !Character.isISOControl(c)) {
          text.append(c);
        }
        at++;
      }
    }
    close(runs, begun, text.length(), style);
    return new AnsiLine(text.toString(), runs, style);
  }

  private static int close(List<Run> runs, int from, int to, AnsiStyle style) {
    if (to > from) {
      runs.add(new Run(from, to, style));
    }
    return to;
  }

  /** Where the sequence that begins there is over; the line's end when it has none. */
  private static int sequenceEnd(String raw, int escape) {
    if (escape + 1 >= raw.length()) {
      return raw.length();
    }
    char kind = raw.charAt(escape + 1);
    int at = escape + 2;
    if (kind == '[') {
      while (at < raw.length() && (raw.charAt(at) < '@' || raw.charAt(at) > '~')) {
        at++;
      }
      return Math.min(raw.length(), at + 1);
    }
    if (kind == ']' || kind == 'P' || kind == '_' || kind == '^' || kind == 'X') {
      while (at < raw.length() && raw.charAt(at) != BELL && raw.charAt(at) != ESCAPE) {
        at++;
      }
      boolean terminated = at + 1 < raw.length() && raw.charAt(at) == ESCAPE;
      return Math.min(raw.length(), terminated ? at + 2 : at + 1);
    }
    at = escape + 1;
    while (at < raw.length() && raw.charAt(at) >= ' ' && raw.charAt(at) <= '/') {
      at++;
    }
    return Math.min(raw.length(), at + 1);
  }

  private static Optional<AnsiStyle> sgr(String raw, int from, int to, AnsiStyle style) {
    boolean is = to - from >= 3 && raw.charAt(from + 1) == '[' && raw.charAt(to - 1) == 'm';
    return is ? Optional.of(style.with(raw.substring(from + 2, to - 1))) : Optional.empty();
  }

  /** Whether the text has the word, whatever the case. */
  boolean contains(String word) {
    return text.toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT));
  }

  /**
   * Returns HTML: everything escaped, looks as classes, the word marked wherever it stands.
   *
   * @param word empty = none
   */
  String html(String word) {
    boolean[] marked = marks(word);
    StringBuilder html = new StringBuilder(text.length() + 32);
    for (Run run : runs) {
      String classes = run.style().classes();
      if (!classes.isEmpty()) {
        html.append("<span class=\"").append(classes).append("\">");
      }
      boolean open = false;
      for (int i = run.start(); i < run.end(); i++) {
        boolean mark = marked.length > 0 && marked[i];
        if (mark != open) {
          html.append(mark ? "<mark>" : "</mark>");
          open = mark;
        }
        escape(html, text.charAt(i));
      }
      html.append(open ? "</mark>" : "").append(classes.isEmpty() ? "" : "</span>");
    }
    return html.toString();
  }

  private boolean[] marks(String word) {
    if (word.isEmpty()) {
      return new boolean[0];
    }
    boolean[] marked = new boolean[text.length()];
    for (int at = 0; at + word.length() <= text.length(); at++) {
      if (text.regionMatches(true, at, word, 0, word.length())) {
        java.util.Arrays.fill(marked, at, at + word.length(), true);
      }
    }
    return marked;
  }

  private static void escape(StringBuilder html, char c) {
    switch (c) {
      case '<' -> html.append("&lt;");
      case '>' -> html.append("&gt;");
      case '&' -> html.append("&amp;");
      case '"' -> html.append("&quot;");
      case '\'' -> html.append("&#39;");
      default -> html.append(c);
    }
  }
}
