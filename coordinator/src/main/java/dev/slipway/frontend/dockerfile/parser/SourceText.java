package dev.slipway.frontend.dockerfile.parser;

import dev.slipway.error.ErrorKind;
import dev.slipway.frontend.SourceError;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.graph.SourceMap.SourceFile;

/** The file that is parsed, for errors that say where. */
public record SourceText(SourceFile file) {
  /** Makes the text of a Dockerfile. */
  public static SourceText of(String filename, byte[] data) {
    return new SourceText(new SourceFile(filename, data, "Dockerfile"));
  }

  /**
   * Makes the text of a Dockerfile.
   *
   * @param definition the graph that it was read from, encoded
   */
  public static SourceText of(String filename, byte[] data, byte[] definition) {
    return new SourceText(new SourceFile(filename, data, "Dockerfile", definition));
  }

  /** An instruction that is none, which names the line. */
  public SourceError syntaxError(Range range, String message) {
    return lexicalError(
        range, "dockerfile parse error on line " + range.startLine() + ": " + message);
  }

  /** A text that cannot be cut into instructions. */
  public SourceError lexicalError(Range range, String message) {
    return error(ErrorKind.INVALID, range, message);
  }

  public SourceError error(ErrorKind kind, Range range, String message) {
    return new SourceError(kind, message, file, range.eachLine());
  }
}
