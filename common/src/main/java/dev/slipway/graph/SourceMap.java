package dev.slipway.graph;

import dev.slipway.oci.Digest;
import java.util.List;
import java.util.Map;

/**
 * Where in which file a vertex was written; drives the snippet that a client shows below an error.
 */
public record SourceMap(List<SourceFile> files, Map<Digest, List<Location>> locations) {
  public static final SourceMap EMPTY = new SourceMap(List.of(), Map.of());

  public SourceMap {
    files = List.copyOf(files);
    locations = Map.copyOf(locations);
  }

  /** A file that a definition was made from; language is {@code Dockerfile} for one. */
  public record SourceFile(String filename, byte[] data, String language) {}

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
  }
}
