package dev.slipway.frontend.dockerfile.subrequest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.graph.SourceMap.SourceFile;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Places in the Dockerfile, which is the only source that answers have. */
final class Places {
  private Places() {}

  /** Zeros are left out: {@code {"ranges":[{"start":{"line":2},"end":{"line":2}}]}}. */
  static ObjectNode location(List<Range> ranges) {
    ObjectNode location = JsonNodeFactory.instance.objectNode();
    if (ranges.isEmpty()) {
      return location;
    }
    ArrayNode list = location.putArray("ranges");
    for (Range range : ranges) {
      ObjectNode node = list.addObject();
      node.set("start", position(range.startLine(), range.startCharacter()));
      node.set("end", position(range.endLine(), range.endCharacter()));
    }
    return location;
  }

  private static ObjectNode position(int line, int character) {
    ObjectNode position = JsonNodeFactory.instance.objectNode();
    if (line != 0) {
      position.put("line", line);
    }
    if (character != 0) {
      position.put("character", character);
    }
    return position;
  }

  /** The lines of a place with one or two around them, those that are meant marked. */
  static String snippet(SourceFile file, Range range) {
    String[] lines = new String(file.data(), StandardCharsets.UTF_8).split("\n", -1);
    int start = range.startLine();
    int end = Math.min(Math.max(range.endLine(), start), lines.length);
    if (start < 1 || start > lines.length) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    text.append(file.filename()).append(':').append(start).append('\n');
    text.append("--------------------\n");
    // More around a single line than around many; one side makes up for the other's end.
    int around = end == start ? 4 : 2;
    int first = start;
    int last = end;
    for (int added = 0; added < around; added++) {
      if (first > 1) {
        first--;
        added++;
      }
      if (last != lines.length) {
        last++;
        added++;
      }
    }
    for (int line = first; line <= last; line++) {
      boolean meant = line >= range.startLine() && line <= Math.max(range.endLine(), start);
      text.append(" %3d | %s %s\n".formatted(line, meant ? ">>>" : "   ", lines[line - 1]));
    }
    return text.append("--------------------\n").toString();
  }
}
