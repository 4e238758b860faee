package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.Flags.Kind;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code COPY} and {@code ADD}. */
final class CopyParser {
  private static final Map<String, Kind> COPY_FLAGS =
      Map.of(
          "chown", Kind.TEXT,
          "from", Kind.TEXT,
          "chmod", Kind.TEXT,
          "link", Kind.SWITCH,
          "exclude", Kind.TEXTS,
          "parents", Kind.SWITCH);
  private static final Map<String, Kind> ADD_FLAGS =
      Map.of(
          "chown", Kind.TEXT,
          "chmod", Kind.TEXT,
          "link", Kind.SWITCH,
          "keep-git-dir", Kind.SWITCH,
          "checksum", Kind.TEXT,
          "unpack", Kind.SWITCH,
          "exclude", Kind.TEXTS);

  private final SourceText source;

  CopyParser(SourceText source) {
    this.source = source;
  }

  /**
   * Reads the instruction.
   *
   * @param words its arguments, JSON form or not
   */
  Instruction parse(Statement statement, List<String> words) throws SourceError {
    boolean add = statement.keyword().equals("add");
    String keyword = add ? "ADD" : "COPY";
    if (words.size() < 2) {
      throw source.syntaxError(
          statement.range(),
          keyword
              + " requires at least two arguments, but only one was provided. Destination could not be determined");
    }
    Flags flags = new Flags(source, statement, add ? ADD_FLAGS : COPY_FLAGS);
    String destination = words.getLast();
    if (Heredoc.open(destination).isPresent()) {
      throw source.syntaxError(
          statement.range(), keyword + " cannot accept a heredoc as a destination");
    }
    List<String> sources = new ArrayList<>();
    List<Heredoc> documents = new ArrayList<>();
    for (String word : words.subList(0, words.size() - 1)) {
      if (Heredoc.open(word).isPresent()) {
        documents.add(document(statement, Heredoc.open(word).get()));
      } else {
        sources.add(word);
      }
    }
    return new Instruction.Copy(
        add,
        sources,
        documents,
        destination,
        flags.text("from"),
        new Instruction.Copy.Options(
            flags.text("chown"),
            flags.text("chmod"),
            flags.toggle("link").orElse(false),
            flags.toggle("parents").orElse(false),
            flags.texts("exclude"),
            flags.toggle("keep-git-dir"),
            flags.text("checksum"),
            flags.toggle("unpack")));
  }

  /** The body of a here-document by its name; the JSON form has none, the word is then empty. */
  private static Heredoc document(Statement statement, Heredoc opened) {
    return statement.heredocs().stream()
        .filter(heredoc -> heredoc.name().equals(opened.name()))
        .reduce((first, second) -> second)
        .map(heredoc -> opened.withContent(heredoc.content()))
        .orElse(opened);
  }
}
