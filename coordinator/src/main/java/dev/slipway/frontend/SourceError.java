package dev.slipway.frontend;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.SourceMap;
import java.util.List;

/** An error at a place in a file; the client shows the lines. */
public final class SourceError extends SlipwayException {
  private static final long serialVersionUID = 1L;

  private final transient SourceMap.SourceFile file;
  private final transient List<SourceMap.Range> ranges;

  public SourceError(
      ErrorKind kind, String message, SourceMap.SourceFile file, List<SourceMap.Range> ranges) {
    super(kind, message);
    this.file = file;
    this.ranges = List.copyOf(ranges);
  }

  public SourceMap.SourceFile file() {
    return file;
  }

  public List<SourceMap.Range> ranges() {
    return ranges;
  }
}
