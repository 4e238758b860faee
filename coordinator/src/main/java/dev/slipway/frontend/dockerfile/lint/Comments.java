package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.frontend.dockerfile.parser.ParsedText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import dev.slipway.graph.SourceMap.Range;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The comments that stand before each instruction of a file, without their {@code #}; an empty one
 * takes back those above it. Directives are none.
 */
public final class Comments {
  /** Of a file that cannot be read. */
  public static final Comments NONE = new Comments(Map.of());

  private static final Pattern DIRECTIVE =
      Pattern.compile("#?\\s*([a-zA-Z][a-zA-Z0-9]*)\\s*=\\s*(\\S.*?)\\s*");
  private static final Set<String> DIRECTIVES = Set.of("syntax", "escape", "check");

  /** By the line that the instruction begins in, 1-based. */
  private final Map<Integer, List<String>> byLine;

  private Comments(Map<Integer, List<String>> byLine) {
    this.byLine = byLine;
  }

  /** Collects them. */
  public static Comments of(ParsedText text) {
    List<String> lines = lines(text.source().file().data());
    Map<Integer, List<String>> byLine = new HashMap<>();
    int from = directives(lines);
    for (Statement statement : text.statements()) {
      List<String> comments = new ArrayList<>();
      for (int i = from; i < statement.range().startLine() - 1; i++) {
        if (lines.get(i).stripLeading().startsWith("#")) {
          String comment = lines.get(i).substring(1).strip();
          if (comment.isEmpty()) {
            comments.clear();
          } else {
            comments.add(comment);
          }
        }
      }
      if (!comments.isEmpty()) {
        byLine.put(statement.range().startLine(), List.copyOf(comments));
      }
      from = statement.range().endLine();
    }
    return new Comments(byLine);
  }

  /** Those of the instruction that begins where the range does. */
  public List<String> before(Range range) {
    return byLine.getOrDefault(range.startLine(), List.of());
  }

  /** What they say of a stage or an argument: the rest of the line that begins with its name. */
  public String description(Range range, String name) {
    return before(range).stream()
        .filter(comment -> !name.isEmpty() && comment.startsWith(name + " "))
        .map(comment -> comment.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }

  /** The first word of the file's {@code check} directive; the rest of its line is for people. */
  static Optional<String> check(byte[] file) {
    List<String> lines = lines(file);
    int end = directives(lines);
    for (String line : lines.subList(0, end)) {
      Optional<String> check = line.startsWith("#") ? checkOf(line) : Optional.empty();
      if (check.isPresent()) {
        return check;
      }
    }
    return Optional.empty();
  }

  /** The check that a comment is, if it is one. */
  static Optional<String> checkOf(String comment) {
    Matcher matcher = DIRECTIVE.matcher(comment);
    return matcher.matches() && matcher.group(1).equalsIgnoreCase("check")
        ? Optional.of(matcher.group(2).split(" ", 2)[0])
        : Optional.empty();
  }

  private static List<String> lines(byte[] file) {
    String text = new String(file, StandardCharsets.UTF_8);
    return List.of((text.startsWith("\ufeff") ? text.substring(1) : text).split("\n", -1));
  }

  /** How many lines at the top are directives, an interpreter line among them. */
  private static int directives(List<String> lines) {
    int count = lines.getFirst().startsWith("#!") ? 1 : 0;
    while (count < lines.size()) {
      Matcher matcher = DIRECTIVE.matcher(lines.get(count).strip());
      boolean directive =
          lines.get(count).stripLeading().startsWith("#")
              && matcher.matches()
              && DIRECTIVES.contains(matcher.group(1).toLowerCase(Locale.ROOT));
      if (!directive) {
        break;
      }
      count++;
    }
    return count;
  }
}
