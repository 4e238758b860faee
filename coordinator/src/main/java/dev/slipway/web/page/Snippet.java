package dev.slipway.web.page;

import dev.slipway.graph.SourceMap.Range;
import dev.slipway.progress.BuildDetail.Place;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The lines of a file in which a build failed, with some around them. */
record Snippet(String file, List<Line> lines) {
  /** Lines shown before and after. */
  private static final int AROUND = 2;

  /** A command over more lines than this is cut. */
  private static final int MAX_LINES = 40;

  /**
   * @param blamed whether it is one of those that failed
   */
  record Line(int number, String text, boolean blamed) {}

  static Snippet of(Place place) {
    List<String> all = new String(place.file().data(), StandardCharsets.UTF_8).lines().toList();
    int first = place.ranges().stream().mapToInt(Range::startLine).min().orElse(1);
    int last = place.ranges().stream().mapToInt(Range::endLine).max().orElse(first);
    List<Line> lines = new ArrayList<>();
    int end = Math.min(all.size(), Math.min(last + AROUND, first + MAX_LINES));
    for (int number = Math.max(1, first - AROUND); number <= end; number++) {
      int line = number;
      boolean blamed =
          place.ranges().stream()
              .anyMatch(range -> range.startLine() <= line && line <= range.endLine());
      lines.add(new Line(number, all.get(number - 1), blamed));
    }
    return new Snippet(place.file().filename(), lines);
  }
}
