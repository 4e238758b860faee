package dev.slipway.frontend.dockerfile.parser;

import java.util.List;

/**
 * A Dockerfile cut into statements; {@code escape} is the character that its directive chose, or a
 * backslash.
 */
public record ParsedText(SourceText source, char escape, List<Statement> statements) {
  public ParsedText {
    statements = List.copyOf(statements);
  }
}
