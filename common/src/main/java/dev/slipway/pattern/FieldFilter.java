package dev.slipway.pattern;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A filter over named fields, in containerd's syntax: {@code type==regular,description~=apt} means
 * both, a list of texts means any of them. Operators: {@code ==}, {@code !=}, {@code ~=} (regular
 * expression, found anywhere), or none (the field is there). Values may be quoted. The empty text
 * matches everything, as does the empty list.
 */
public final class FieldFilter {
  /** Longest text; a filter is typed by a person. */
  private static final int LONGEST = 4096;

  /** Characters that one comparison may look at; a few milliseconds. */
  private static final int MOST_LOOKS = 1_000_000;

  private static final Pattern TERM =
      Pattern.compile(
          "\\s*([A-Za-z][A-Za-z0-9_.-]*)\\s*(?:(==|!=|~=)\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|[^\",]*))?\\s*(,|$)");

  /** Matches everything. */
  public static final FieldFilter ALL = new FieldFilter(List.of());

  private final List<List<Term>> alternatives;

  /** What a record says of itself. */
  public interface Fields {
    /** Empty = the record has no such field. */
    Optional<String> field(String name);
  }

  private record Term(String field, String operator, String value, Optional<Pattern> regex) {
    boolean matches(Fields fields) {
      Optional<String> found = fields.field(field);
      return switch (operator) {
        case "==" -> found.isPresent() && found.get().equals(value);
        case "!=" -> !found.orElse("").equals(value);
        case "~=" -> regex.orElseThrow().matcher(new Budgeted(found.orElse(""))).find();
        default -> found.isPresent();
      };
    }
  }

  /** A text that can be looked at only so often: an expression can ask for ages of backtracking. */
  private static final class Budgeted implements CharSequence {
    private final String text;
    private int looks;

    Budgeted(String text) {
      this.text = text;
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (++looks > MOST_LOOKS) {
        throw new IllegalStateException("a filter's regular expression takes too long");
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private FieldFilter(List<List<Term>> alternatives) {
    this.alternatives = alternatives;
  }

  /** Parses. @throws SlipwayException INVALID, naming the text */
  public static FieldFilter parse(Collection<String> texts) throws SlipwayException {
    List<List<Term>> alternatives = new ArrayList<>();
    for (String text : texts) {
      alternatives.add(terms(text));
    }
    return new FieldFilter(alternatives);
  }

  private static List<Term> terms(String text) throws SlipwayException {
    if (text.length() > LONGEST) {
      throw invalid(text.substring(0, 80) + "…", "it is longer than " + LONGEST + " characters");
    }
    List<Term> terms = new ArrayList<>();
    Matcher matcher = TERM.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw invalid(text, "\"" + text.substring(at) + "\" is no condition");
      }
      String operator = matcher.group(2) == null ? "" : matcher.group(2);
      String value = matcher.group(3) == null ? "" : unquoted(matcher.group(3).strip());
      terms.add(new Term(matcher.group(1), operator, value, regex(text, operator, value)));
      at = matcher.end();
    }
    return terms;
  }

  private static Optional<Pattern> regex(String text, String operator, String value)
      throws SlipwayException {
    if (!operator.equals("~=")) {
      return Optional.empty();
    }
    try {
      return Optional.of(Pattern.compile(value));
    } catch (PatternSyntaxException e) {
      throw invalid(text, e.getDescription());
    }
  }

  private static String unquoted(String value) {
    return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1")
        : value;
  }

  private static SlipwayException invalid(String text, String why) {
    return new SlipwayException(ErrorKind.INVALID, "filter \"" + text + "\" is malformed: " + why);
  }

  /**
   * @throws IllegalStateException when a regular expression takes too long
   */
  public boolean matches(Fields fields) {
    return alternatives.isEmpty()
        || alternatives.stream()
            .anyMatch(terms -> terms.stream().allMatch(term -> term.matches(fields)));
  }

  /** Names of all fields that it asks for. */
  public Set<String> fields() {
    Set<String> names = new HashSet<>();
    alternatives.forEach(terms -> terms.forEach(term -> names.add(term.field())));
    return names;
  }
}
