package dev.slipway.graph;

import dev.slipway.oci.Digest;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where in which file a vertex was written; drives the snippet that a client shows below an error.
 */
public record SourceMap(List<SourceFile> files, Map<Digest, List<Location>> locations) {
  public static final SourceMap EMPTY = new SourceMap(List.of(), Map.of());

  public SourceMap {
    files = List.copyOf(files);
    locations = Map.copyOf(locations);
  }

  /**
   * A file that a definition was made from.
   *
   * @param language {@code Dockerfile} for one
   * @param definition the graph that the file came from as its sender encoded it, for clients only;
   *     empty = unknown
   */
  public record SourceFile(String filename, byte[] data, String language, byte[] definition) {
    /** A file of which nobody knows where it came from. */
    public SourceFile(String filename, byte[] data, String language) {
      this(filename, data, language, new byte[0]);
    }
  }

  /** Ranges in {@code files().get(file)}. */
  public record Location(int file, List<Range> ranges) {
    public Location {
      ranges = List.copyOf(ranges);
    }
  }

  /** Lines are 1-based, characters 0-based; both ends are included. */
  public record Range(int startLine, int startCharacter, int endLine, int endCharacter) {
    /** Whole lines. */
    public static Range lines(int start, int end) {
      return new Range(start, 0, end, 0);
    }

    /** A range for each line, which is how clients want an instruction of several lines. */
    public List<Range> eachLine() {
      return startLine >= endLine
          ? List.of(this)
          : IntStream.rangeClosed(startLine, endLine).mapToObj(line -> lines(line, line)).toList();
    }
  }
}
