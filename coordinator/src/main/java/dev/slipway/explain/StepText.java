package dev.slipway.explain;

import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a step says, as its author wrote it. A vertex's own name has the values of build arguments
 * in it, so it is not used but for the part that says where the step stands.
 */
final class StepText {
  private static final int MAX_LENGTH = 160;

  /**
   * {@code [linux/amd64 build 2/5] RUN …}: the total changes with every step, so it is left out.
   */
  private static final Pattern NAME =
      Pattern.compile("^\\[([^\\]/]*(?:/[^\\]/ ]*)* )?(\\d+)/\\d+\\]");

  private StepText() {}

  /** The Dockerfile's line, else the command, else what the operation is called. */
  static String of(Vertex vertex, SourceMap sources) {
    List<SourceMap.Location> locations =
        sources.locations().getOrDefault(vertex.digest(), List.of());
    if (!locations.isEmpty() && !locations.getFirst().ranges().isEmpty()) {
      SourceMap.Location location = locations.getFirst();
      return clip(lines(sources.files().get(location.file()).data(), location.ranges().getFirst()));
    }
    return switch (vertex.op()) {
      case Op.Exec exec -> clip(String.join(" ", exec.meta().arguments()));
      case Op.File _ -> "a change of files";
      case Op.Merge _ -> "merge";
      case Op.Diff _ -> "diff";
      case Op.Build _ -> "a build of a definition";
      case Op.Passthrough passthrough -> clip("passthrough " + passthrough.id());
      case Op.Source _ -> "a source";
    };
  }

  /** Stage and number of the step, {@code build 2}; empty when its name does not say. */
  static String place(Vertex vertex) {
    Matcher name = NAME.matcher(vertex.name());
    return name.find() ? (name.group(1) == null ? "" : name.group(1)) + name.group(2) : "";
  }

  private static String lines(byte[] file, SourceMap.Range range) {
    String[] lines = new String(file, StandardCharsets.UTF_8).split("\n", -1);
    StringBuilder text = new StringBuilder();
    for (int line = Math.max(1, range.startLine());
        line <= Math.min(range.endLine(), lines.length) && text.length() < MAX_LENGTH;
        line++) {
      String stripped = lines[line - 1].strip();
      boolean goesOn = stripped.endsWith("\\");
      text.append(goesOn ? stripped.substring(0, stripped.length() - 1).strip() : stripped)
          .append(' ');
    }
    return text.toString().strip();
  }

  private static String clip(String text) {
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH - 1) + "…";
  }
}
