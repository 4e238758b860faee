package dev.slipway.frontend.dockerfile.shell;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Expands words. Quotes are taken off, escapes resolved, {@code $name} and {@code ${name…}}
 * replaced. Results and nesting are bounded.
 *
 * @param escape the Dockerfile's escape character
 */
public record ShellLexer(char escape) {
  /** Characters of a result; the kernel takes no larger environment anyway. */
  static final int LONGEST_RESULT = 1 << 20;

  /** {@code ${a:-${b:-…}}} levels. */
  static final int DEEPEST_NESTING = 64;

  /** How quotes, escapes and unset variables are treated. */
  enum Mode {
    /** As a shell does. */
    WORD(true, false),
    /** For people: quotes and escapes stay, so do unset variables. */
    DISPLAY(true, true),
    /** A here-document: quotes mean nothing. */
    DOCUMENT(false, false);

    final boolean quotes;
    final boolean raw;

    Mode(boolean quotes, boolean raw) {
      this.quotes = quotes;
      this.raw = raw;
    }
  }

  /** Expands one word; blanks in it and in values stay. */
  public String word(String text, Map<String, String> environment) throws SlipwayException {
    try {
      return new Expansion(this, text, environment, Mode.WORD).all();
    } catch (SlipwayException e) {
      throw new SlipwayException(
          e.kind(), "failed to process " + GoQuote.text(shorten(text)) + ": " + e.getMessage(), e);
    }
  }

  /** Expands a text and splits it at blanks outside quotes, those of unquoted values included. */
  public List<String> words(String text, Map<String, String> environment) throws SlipwayException {
    List<String> result = new ArrayList<>();
    for (String raw : Expansion.rawWords(text, escape)) {
      String expanded = word(raw, environment);
      if (raw.indexOf('"') >= 0 || raw.indexOf('\'') >= 0) {
        result.add(expanded);
      } else {
        for (String part : expanded.split("\\s+")) {
          if (!part.isEmpty()) {
            result.add(part);
          }
        }
      }
    }
    return result;
  }

  /**
   * Expands the variables of a command line that is shown; never fails, gives the text back when it
   * cannot be expanded.
   */
  public String display(String text, Map<String, String> environment) {
    try {
      return new Expansion(this, text, environment, Mode.DISPLAY).all();
    } catch (SlipwayException e) {
      return text;
    }
  }

  /**
   * Expands the variables of a here-document. A backslash takes the meaning of what follows and
   * goes, whatever the file's escape character is.
   */
  public String document(String text, Map<String, String> environment) throws SlipwayException {
    return new Expansion(new ShellLexer('\\'), text, environment, Mode.DOCUMENT).all();
  }

  static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }

  static SlipwayException tooLong() {
    return new SlipwayException(
        ErrorKind.EXHAUSTED, "expanded text is longer than " + LONGEST_RESULT + " characters");
  }

  private static String shorten(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }
}
