package dev.slipway.frontend.dockerfile.parser;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A here-document.
 *
 * @param name the terminator
 * @param expand whether variables in it are expanded: the word was not quoted
 * @param stripTabs whether leading tabs are taken off ({@code <<-})
 * @param content its lines as written
 */
public record Heredoc(String name, boolean expand, boolean stripTabs, String content) {
  private static final Pattern WORD = Pattern.compile("(\\d*)<<(-?)\\s*([^<]*)");
  private static final Pattern LEADING_TABS = Pattern.compile("^\\t+", Pattern.MULTILINE);

  /** Reads the opening word, such as {@code <<-"EOF"}; empty when the word opens none. */
  public static Optional<Heredoc> open(String word) {
    Matcher matcher = WORD.matcher(word);
    if (!matcher.matches() || Words.shellWords(matcher.group(3)).size() != 1) {
      return Optional.empty();
    }
    String rest = matcher.group(3).strip();
    StringBuilder name = new StringBuilder();
    boolean quoted = false;
    char quote = 0;
    for (int i = 0; i < rest.length(); i++) {
      char c = rest.charAt(i);
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
        quoted = true;
      } else if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote != '\'' && i + 1 < rest.length()) {
        name.append(rest.charAt(++i));
      } else {
        name.append(c);
      }
    }
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(new Heredoc(name.toString(), !quoted, matcher.group(2).equals("-"), ""));
  }

  /** The same with its lines. */
  public Heredoc withContent(String newContent) {
    return new Heredoc(name, expand, stripTabs, newContent);
  }

  /** The lines as they are used, leading tabs taken off if that was asked for. */
  public String text() {
    return stripTabs ? LEADING_TABS.matcher(content).replaceAll("") : content;
  }
}
