package dev.slipway.frontend.dockerfile.parser;

import dev.slipway.error.ErrorKind;
import dev.slipway.frontend.SourceError;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.graph.SourceMap.SourceFile;
import java.util.List;

/** The file that is parsed, for errors that say where. */
public record SourceText(SourceFile file) {
  /** Makes the text of a Dockerfile. */
  public static SourceText of(String filename, byte[] data) {
    return new SourceText(new SourceFile(filename, data, "Dockerfile"));
  }

  /** An error of syntax, which names the line. */
  public SourceError syntaxError(Range range, String message) {
    return error(
        ErrorKind.INVALID,
        range,
        "dockerfile parse error on line " + range.startLine() + ": " + message);
  }

  /** A known feature that is not there. */
  public SourceError unsupported(Range range, String what) {
    return error(ErrorKind.UNSUPPORTED, range, what + ": not supported yet");
  }

  public SourceError error(ErrorKind kind, Range range, String message) {
    return new SourceError(kind, message, file, List.of(range));
  }
}
