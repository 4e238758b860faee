package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.frontend.dockerfile.parser.ParsedText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import dev.slipway.frontend.dockerfile.parser.Words;
import dev.slipway.graph.SourceMap.Range;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Rules on how things are written, before anything is understood. Confined to one thread. */
public final class StatementRules {
  private final Linter linter;
  private final Comments comments;
  private final char escape;

  public StatementRules(Linter linter, Comments comments, char escape) {
    this.linter = linter;
    this.comments = comments;
    this.escape = escape;
  }

  /** Looks at the lines of the whole file. */
  public void lines(ParsedText text) {
    String[] lines =
        new String(text.source().file().data(), StandardCharsets.UTF_8).split("\n", -1);
    for (Statement statement : text.statements()) {
      emptyContinuation(lines, statement.range());
    }
  }

  private void emptyContinuation(String[] lines, Range range) {
    boolean empty = false;
    int line = range.startLine() - 1;
    boolean continued = isContinued(lines[line]);
    while (continued && line + 1 < range.endLine()) {
      String next = lines[++line].strip();
      if (next.isEmpty()) {
        empty = true;
      } else if (!next.startsWith("#")) {
        continued = isContinued(lines[line]);
      }
    }
    if (empty) {
      linter.warn(Rule.NO_EMPTY_CONTINUATION, Range.lines(line + 1, line + 1));
    }
  }

  private boolean isContinued(String line) {
    String text = line.stripTrailing();
    int last = text.length() - 1;
    return last >= 0
        && text.charAt(last) == escape
        && (last == 0 || text.charAt(last - 1) != escape);
  }

  /** Looks at one statement. */
  public void statement(Statement statement) {
    switch (statement.keyword()) {
      case "from" -> from(statement);
      case "arg" ->
          description(
              statement,
              "ARG",
              Words.split(statement.arguments(), escape).stream()
                  .map(word -> word.split("=", 2)[0])
                  .toList());
      case "maintainer" ->
          linter.warn(Rule.MAINTAINER_DEPRECATED, before(statement), statement.range());
      default -> {}
    }
  }

  private void from(Statement statement) {
    List<String> words = Words.fields(statement.arguments());
    if (words.size() != 3) {
      return;
    }
    String name = words.get(2);
    if (!name.equals(name.toLowerCase(Locale.ROOT))) {
      linter.warn(Rule.STAGE_NAME_CASING, before(statement), statement.range(), name);
    }
    String keyword = statement.text().substring(0, statement.keyword().length());
    String as = words.get(1);
    if (!likeEachOther(keyword, as)) {
      linter.warn(Rule.FROM_AS_CASING, before(statement), statement.range(), as, keyword);
    }
    description(statement, "FROM", List.of(name.toLowerCase(Locale.ROOT)));
  }

  /** A keyword of mixed case is another rule's affair. */
  private static boolean likeEachOther(String from, String as) {
    if (from.equals(from.toLowerCase(Locale.ROOT))) {
      return as.equals(as.toLowerCase(Locale.ROOT));
    }
    return !from.equals(from.toUpperCase(Locale.ROOT)) || as.equals(as.toUpperCase(Locale.ROOT));
  }

  private void description(Statement statement, String instruction, List<String> names) {
    List<String> before = before(statement);
    if (!before.isEmpty()
        && !names.isEmpty()
        && !names.contains(before.getLast().split(" ", 2)[0])) {
      linter.warn(
          Rule.INVALID_DEFINITION_DESCRIPTION,
          before,
          statement.range(),
          instruction,
          names.size() > 1 ? "<arg_key>" : names.getFirst());
    }
  }

  private List<String> before(Statement statement) {
    return comments.before(statement.range());
  }
}
