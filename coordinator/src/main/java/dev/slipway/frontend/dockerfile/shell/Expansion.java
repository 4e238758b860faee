package dev.slipway.frontend.dockerfile.shell;

import static dev.slipway.frontend.dockerfile.shell.ShellLexer.invalid;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.shell.ShellLexer.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One expansion of one text; used once. */
final class Expansion {
  private static final int END = -1;
  private static final String SPECIAL = "@*#?-$!";

  private final char escape;
  private final String text;
  private final Map<String, String> environment;
  private final Mode mode;
  private int at;
  private int depth;

  Expansion(ShellLexer lexer, String text, Map<String, String> environment, Mode mode) {
    this.escape = lexer.escape();
    this.text = text;
    this.environment = environment;
    this.mode = mode;
  }

  String all() throws SlipwayException {
    return until(END, false);
  }

  /** Splits at blanks outside quotes and braces, without changing anything. */
  static List<String> rawWords(String text, char escape) {
    List<String> words = new ArrayList<>();
    int start = -1;
    int braces = 0;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote == 0 && braces == 0 && Character.isWhitespace(c)) {
        if (start >= 0) {
          words.add(text.substring(start, i));
        }
        start = -1;
        continue;
      }
      start = start < 0 ? i : start;
      if (c == escape && quote != '\'') {
        i++;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else if (c == '{' && i > 0 && text.charAt(i - 1) == '$') {
        braces++;
      } else if (c == '}' && braces > 0) {
        braces--;
      }
    }
    if (start >= 0) {
      words.add(text.substring(start));
    }
    return words;
  }

  private int peek() {
    return at < text.length() ? text.charAt(at) : END;
  }

  private String until(int stop, boolean keepEscapes) throws SlipwayException {
    if (++depth > ShellLexer.DEEPEST_NESTING) {
      throw invalid("substitutions are nested too deeply");
    }
    StringBuilder result = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == stop) {
        at++;
        depth--;
        return result.toString();
      }
      if (c == '\'' && mode.quotes) {
        singleQuoted(result);
      } else if (c == '"' && mode.quotes) {
        doubleQuoted(result);
      } else if (c == '$') {
        result.append(dollar());
      } else if (c == escape) {
        escaped(result, keepEscapes);
      } else {
        result.append(c);
        at++;
      }
      if (result.length() > ShellLexer.LONGEST_RESULT) {
        throw ShellLexer.tooLong();
      }
    }
    if (stop != END) {
      throw invalid("unexpected end of statement while looking for matching " + (char) stop);
    }
    depth--;
    return result.toString();
  }

  private void escaped(StringBuilder result, boolean keepEscapes) {
    at++;
    int following = peek();
    if (mode.raw || keepEscapes) {
      result.append(escape);
    }
    if (following != END) {
      result.append((char) following);
      at++;
    }
  }

  private void singleQuoted(StringBuilder result) throws SlipwayException {
    int end = text.indexOf('\'', at + 1);
    if (end < 0) {
      throw invalid("unexpected end of statement while looking for matching single-quote");
    }
    result.append(text, mode.raw ? at : at + 1, mode.raw ? end + 1 : end);
    at = end + 1;
  }

  private void doubleQuoted(StringBuilder result) throws SlipwayException {
    at++;
    if (mode.raw) {
      result.append('"');
    }
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        if (mode.raw) {
          result.append('"');
        }
        return;
      }
      if (c == '$') {
        result.append(dollar());
      } else if (c == escape && at + 1 < text.length()) {
        char following = text.charAt(at + 1);
        if (mode.raw || following != '"' && following != '$' && following != escape) {
          result.append(c);
        }
        result.append(following);
        at += 2;
      } else {
        result.append(c);
        at++;
      }
      if (result.length() > ShellLexer.LONGEST_RESULT) {
        throw ShellLexer.tooLong();
      }
    }
    throw invalid("unexpected end of statement while looking for matching double-quote");
  }

  private String dollar() throws SlipwayException {
    int start = at++;
    if (peek() != '{') {
      String name = name();
      if (name.isEmpty()) {
        return "$";
      }
      String value = environment.get(name);
      return value != null ? value : mode.raw ? text.substring(start, at) : "";
    }
    at++;
    int following = peek();
    if (following == '{' || following == '}' || following == ':') {
      throw invalid("syntax error: bad substitution");
    }
    String name = name();
    String value = environment.get(name);
    String result = braces(name, value);
    return mode.raw && value == null ? text.substring(start, at) : result;
  }

  private String name() {
    int start = at;
    int first = peek();
    if (first != END && SPECIAL.indexOf(first) >= 0) {
      at++;
      return text.substring(start, at);
    }
    boolean number = first != END && Character.isDigit(first);
    while (at < text.length()) {
      char c = text.charAt(at);
      if (number ? !Character.isDigit(c) : c != '_' && !Character.isLetterOrDigit(c)) {
        break;
      }
      at++;
    }
    return text.substring(start, at);
  }

  /** What stands after the name, closing brace included. */
  private String braces(String name, String value) throws SlipwayException {
    int modifier = peek();
    if (modifier == END) {
      throw invalid("syntax error: missing '}'");
    }
    at++;
    return switch (modifier) {
      case '}' -> value == null ? "" : value;
      case ':' -> {
        int second = peek();
        if (second != '+' && second != '-' && second != '?') {
          throw invalid(
              "unsupported modifier (:"
                  + (second == END ? "" : (char) second)
                  + ") in substitution");
        }
        at++;
        yield conditional(name, value, value != null && !value.isEmpty(), second);
      }
      case '+', '-', '?' -> conditional(name, value, value != null, modifier);
      case '#', '%' -> {
        boolean longest = peek() == modifier;
        if (longest) {
          at++;
        }
        ShellPattern pattern = ShellPattern.parse(word('}', true, "syntax error: missing '}'"));
        String subject = value == null ? "" : value;
        yield modifier == '#'
            ? pattern.stripPrefix(subject, longest)
            : pattern.stripSuffix(subject, longest);
      }
      case '/' -> {
        boolean all = peek() == '/';
        if (all) {
          at++;
        }
        ShellPattern pattern =
            ShellPattern.parse(word('/', true, "syntax error: missing '/' in ${}"));
        // An escape is part of the replacement, as it is in BuildKit.
        String replacement = word('}', true, "syntax error: missing '}'");
        yield pattern.replace(value == null ? "" : value, replacement, all);
      }
      default -> throw invalid("unsupported modifier (" + (char) modifier + ") in substitution");
    };
  }

  /** The word up to an end that has to come. */
  private String word(int stop, boolean keepEscapes, String missing) throws SlipwayException {
    try {
      return until(stop, keepEscapes);
    } catch (SlipwayException e) {
      throw peek() == END && e.kind() == ErrorKind.INVALID ? invalid(missing) : e;
    }
  }

  private String conditional(String name, String value, boolean present, int modifier)
      throws SlipwayException {
    boolean emptyCounts = text.charAt(at - 2) == ':';
    String word = word('}', false, "syntax error: missing '}'");
    return switch (modifier) {
      case '+' -> present ? word : "";
      case '-' -> present ? value : word;
      default -> {
        if (!present && !mode.raw) {
          String reason = emptyCounts ? "is not allowed to be empty" : "is not allowed to be unset";
          throw invalid(name + ": " + (word.isEmpty() ? reason : word));
        }
        yield value == null ? "" : value;
      }
    };
  }
}
