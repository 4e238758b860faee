package dev.slipway.frontend.dockerfile.parser;

import dev.slipway.error.ErrorKind;
import dev.slipway.frontend.SourceError;
import dev.slipway.graph.SourceMap.Range;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Cuts the text of a Dockerfile into statements. */
public final class DockerfileParser {
  /** As BuildKit has it: the buffer of its line scanner. */
  static final int LONGEST_LINE = 65_535;

  /** A Dockerfile larger than this is an accident. */
  static final int LARGEST_FILE = 16 << 20;

  /** The longest Dockerfiles that programs write have hundreds; each costs some kilobytes. */
  public static final int MOST_INSTRUCTIONS = 20_000;

  private static final Set<String> WITH_HEREDOC = Set.of("run", "copy", "add");

  private final SourceText source;
  private final List<String> lines;
  private final char escape;
  private int next;

  private DockerfileParser(SourceText source, List<String> lines, char escape) {
    this.source = source;
    this.lines = lines;
    this.escape = escape;
  }

  /** Parses a file, directives included. */
  public static ParsedText parse(SourceText source) throws SourceError {
    byte[] data = source.file().data();
    if (data.length > LARGEST_FILE) {
      throw source.error(
          ErrorKind.EXHAUSTED,
          Range.lines(1, 1),
          "the Dockerfile (" + source.file().filename() + ") is larger than 16 MiB");
    }
    String text = new String(data, StandardCharsets.UTF_8);
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    if (text.isEmpty()) {
      throw source.lexicalError(Range.lines(1, 1), "the Dockerfile cannot be empty");
    }
    List<String> lines = lines(text);
    char escape = Directives.escape(source, lines);
    ParsedText parsed =
        new ParsedText(source, escape, new DockerfileParser(source, lines, escape).statements());
    if (parsed.statements().isEmpty()) {
      throw source.lexicalError(Range.lines(1, 1), "file with no instructions");
    }
    return parsed;
  }

  /** Parses the statement inside an ONBUILD; its lines are those of {@code range}. */
  public static Statement parseInner(SourceText source, String text, char escape, Range range)
      throws SourceError {
    List<Statement> statements = new DockerfileParser(source, lines(text), escape).statements();
    if (statements.size() != 1) {
      throw source.lexicalError(range, "onbuild trigger should be a single expression");
    }
    Statement inner = statements.getFirst();
    return new Statement(
        inner.keyword(), inner.flags(), inner.arguments(), inner.text(), inner.heredocs(), range);
  }

  /** Lines without their newline; a carriage return stays, a here-document keeps it. */
  private static List<String> lines(String text) {
    List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    return lines;
  }

  private List<Statement> statements() throws SourceError {
    List<Statement> statements = new ArrayList<>();
    while (next < lines.size()) {
      String line = readLine();
      if (isComment(line) || line.isBlank()) {
        continue;
      }
      if (statements.size() == MOST_INSTRUCTIONS) {
        throw source.error(
            ErrorKind.EXHAUSTED,
            Range.lines(next, next),
            "more than " + MOST_INSTRUCTIONS + " instructions");
      }
      statements.add(statement(line.stripLeading(), next));
    }
    return statements;
  }

  private String readLine() throws SourceError {
    String line = lines.get(next++);
    if (line.length() > LONGEST_LINE) {
      throw source.lexicalError(
          Range.lines(next, next),
          "dockerfile line greater than maximum allowed size of " + LONGEST_LINE);
    }
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private Statement statement(String firstLine, int start) throws SourceError {
    StringBuilder joined = new StringBuilder();
    String line = firstLine;
    while (true) {
      int cut = continuation(line);
      joined.append(line, 0, cut < 0 ? line.length() : cut);
      if (cut < 0) {
        break;
      }
      do {
        line = next < lines.size() ? readLine() : "";
      } while ((isComment(line) || line.isBlank()) && next < lines.size());
      if (isComment(line) || line.isBlank()) {
        break;
      }
    }
    String text = joined.toString().strip();
    int end = 0;
    while (end < text.length() && !Words.isBlank(text.charAt(end))) {
      end++;
    }
    String keyword = text.substring(0, end).toLowerCase(Locale.ROOT);
    List<String> flags = new ArrayList<>();
    String arguments = takeFlags(text.substring(end).strip(), flags);
    List<Heredoc> heredocs = heredocs(keyword, arguments, start);
    return new Statement(keyword, flags, arguments, text, heredocs, Range.lines(start, next));
  }

  /**
   * Where the escape character that continues the line stands; -1 when the line is not continued.
   */
  private int continuation(String line) {
    int end = line.length();
    while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
      end--;
    }
    boolean continued =
        end > 0 && line.charAt(end - 1) == escape && (end == 1 || line.charAt(end - 2) != escape);
    return continued ? end - 1 : -1;
  }

  private static boolean isComment(String line) {
    return line.stripLeading().startsWith("#");
  }

  private String takeFlags(String arguments, List<String> flags) {
    String rest = arguments;
    while (rest.startsWith("--")) {
      StringBuilder flag = new StringBuilder();
      char quote = 0;
      int i = 0;
      for (; i < rest.length(); i++) {
        char c = rest.charAt(i);
        if (quote == 0 && Words.isBlank(c)) {
          break;
        }
        if (c == escape && quote != '\'' && i + 1 < rest.length()) {
          flag.append(rest.charAt(++i));
        } else if (quote == 0 && (c == '"' || c == '\'')) {
          quote = c;
        } else if (c == quote) {
          quote = 0;
        } else {
          flag.append(c);
        }
      }
      rest = rest.substring(i).stripLeading();
      if (flag.toString().equals("--")) {
        return rest;
      }
      flags.add(flag.toString());
    }
    return rest;
  }

  private List<Heredoc> heredocs(String keyword, String arguments, int start) throws SourceError {
    String inner = arguments;
    if (keyword.equals("onbuild")) {
      List<String> words = Words.fields(arguments);
      if (words.isEmpty() || !WITH_HEREDOC.contains(words.getFirst().toLowerCase(Locale.ROOT))) {
        return List.of();
      }
      inner = takeFlags(arguments.substring(words.getFirst().length()).strip(), new ArrayList<>());
    } else if (!WITH_HEREDOC.contains(keyword)) {
      return List.of();
    }
    if (!inner.contains("<<") || inner.startsWith("[") && isJson(inner)) {
      return List.of();
    }
    List<Heredoc> heredocs = new ArrayList<>();
    for (String word : Words.shellWords(inner)) {
      Optional<Heredoc> opened = Heredoc.open(word);
      if (opened.isPresent()) {
        heredocs.add(body(opened.get(), start));
      }
    }
    return heredocs;
  }

  private static boolean isJson(String text) {
    try {
      return Words.jsonArray(text).isPresent();
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private Heredoc body(Heredoc heredoc, int start) throws SourceError {
    StringBuilder content = new StringBuilder();
    while (next < lines.size()) {
      String line = readLine();
      String candidate = heredoc.stripTabs() ? line.replaceFirst("^\\t+", "") : line;
      if (candidate.equals(heredoc.name())) {
        return heredoc.withContent(content.toString());
      }
      content.append(lines.get(next - 1)).append('\n');
    }
    throw source.lexicalError(Range.lines(start, lines.size()), "unterminated heredoc");
  }
}
