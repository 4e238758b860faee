package dev.slipway.web.page;

import dev.slipway.oci.Digest;
import dev.slipway.progress.Progress.Event;
import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.Progress.Warning;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Cuts the output of a build's steps into numbered lines, in the order in which they were complete:
 * the same numbers whoever reads, and whenever. Not thread-safe.
 */
final class LogLines {
  /** Longer lines are cut into pieces. */
  private static final int MAX_LINE = 16 << 10;

  private final Consumer<Line> out;
  private final Map<Digest, Step> steps = new HashMap<>();
  private long count;

  /**
   * A line of output.
   *
   * @param number from 1 in the whole build
   * @param step number of the step, from 1 as {@link Steps} counts
   * @param after time since the step began
   */
  record Line(long number, int step, String name, Duration after, AnsiLine content) {}

  private static final class Step {
    private final int number;
    private final String name;
    private final ByteArrayOutputStream open = new ByteArrayOutputStream();
    private AnsiStyle style = AnsiStyle.PLAIN;
    private Instant begun = Instant.MAX;

    Step(int number, String name) {
      this.number = number;
      this.name = name;
    }
  }

  /**
   * @param out gets the lines
   */
  LogLines(Consumer<Line> out) {
    this.out = out;
  }

  void add(Event event) {
    switch (event) {
      case VertexState vertex -> vertex(vertex);
      case LogChunk chunk -> chunk(chunk);
      case StatusLine _, Warning _ -> {}
    }
  }

  private void vertex(VertexState vertex) {
    Step step =
        steps.computeIfAbsent(vertex.digest(), _ -> new Step(steps.size() + 1, vertex.name()));
    if (vertex.started().isPresent()) {
      step.begun = vertex.started().get();
    }
    if (vertex.completed().isPresent() && step.open.size() > 0) {
      line(step, vertex.completed().get());
    }
  }

  private void chunk(LogChunk chunk) {
    Step step = steps.get(chunk.vertex());
    if (step == null) {
      return; // a log takes output of announced vertices only
    }
    for (byte each : chunk.data()) {
      if (each == '\n') {
        line(step, chunk.timestamp());
      } else {
        step.open.write(each);
        if (step.open.size() >= MAX_LINE) {
          line(step, chunk.timestamp());
        }
      }
    }
  }

  private void line(Step step, Instant at) {
    String raw = step.open.toString(StandardCharsets.UTF_8);
    step.open.reset();
    String shown = raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw;
    // A carriage return begins the line anew, as progress bars do.
    AnsiLine content = AnsiLine.parse(shown.substring(shown.lastIndexOf('\r') + 1), step.style);
    step.style = content.after();
    Duration after = step.begun.isAfter(at) ? Duration.ZERO : Duration.between(step.begun, at);
    out.accept(new Line(++count, step.number, step.name, after, content));
  }
}
