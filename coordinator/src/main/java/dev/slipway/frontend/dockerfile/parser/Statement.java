package dev.slipway.frontend.dockerfile.parser;

import dev.slipway.graph.SourceMap.Range;
import java.util.List;

/**
 * One instruction as written, continuation lines joined.
 *
 * @param keyword in lower case
 * @param flags {@code --name=value} words after the keyword
 * @param arguments the rest of the line
 * @param text the whole line
 */
public record Statement(
    String keyword,
    List<String> flags,
    String arguments,
    String text,
    List<Heredoc> heredocs,
    Range range) {
  public Statement {
    flags = List.copyOf(flags);
    heredocs = List.copyOf(heredocs);
  }
}
