package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Pair;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import dev.slipway.frontend.dockerfile.parser.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code NAME=value} arguments: ENV, LABEL and ARG. */
final class PairParser {
  private final SourceText source;
  private final char escape;

  PairParser(SourceText source, char escape) {
    this.source = source;
    this.escape = escape;
  }

  /** Reads pairs, or the old form {@code NAME the rest of the line}. */
  List<Pair> pairs(Statement statement) throws SourceError {
    String keyword = statement.keyword().toUpperCase(Locale.ROOT);
    List<String> words = Words.split(statement.arguments(), escape);
    if (words.isEmpty()) {
      throw source.syntaxError(statement.range(), keyword + " requires at least one argument");
    }
    if (words.getFirst().indexOf('=') < 0) {
      String[] parts = statement.arguments().split("[ \\t]+", 2);
      if (parts.length < 2) {
        throw source.lexicalError(statement.range(), keyword + " must have two arguments");
      }
      return List.of(new Pair(parts[0], parts[1]));
    }
    List<Pair> pairs = new ArrayList<>(words.size());
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals < 0) {
        throw source.lexicalError(
            statement.range(),
            "Syntax error - can't find = in \"" + word + "\". Must be of the form: name=value");
      }
      if (equals == 0) {
        throw source.syntaxError(statement.range(), keyword + " names can not be blank");
      }
      pairs.add(new Pair(word.substring(0, equals), word.substring(equals + 1)));
    }
    return pairs;
  }

  Instruction arg(Statement statement) throws SourceError {
    List<Instruction.Arg.Declaration> declarations = new ArrayList<>();
    for (String word : Words.split(statement.arguments(), escape)) {
      int equals = word.indexOf('=');
      if (equals == 0) {
        throw source.syntaxError(statement.range(), "ARG names can not be blank");
      }
      declarations.add(
          equals < 0
              ? new Instruction.Arg.Declaration(word, Optional.empty())
              : new Instruction.Arg.Declaration(
                  word.substring(0, equals), Optional.of(word.substring(equals + 1))));
    }
    if (declarations.isEmpty()) {
      throw source.syntaxError(statement.range(), "ARG requires at least one argument");
    }
    return new Instruction.Arg(declarations);
  }
}
