package dev.slipway.progress;

import dev.slipway.progress.Progress.LogChunk;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** How much of one step's output is kept. Owned by its log, under its lock. */
final class StepOutput {
  /** The end of a clipped output that is kept in case the step fails, in bytes. */
  private static final int TAIL_LIMIT = 256 << 10;

  private final ArrayDeque<LogChunk> tail = new ArrayDeque<>();
  private int kept;
  private int tailBytes;
  private boolean clipped;

  /**
   * Returns what of the chunk goes into the log: itself, the note that output is clipped from here
   * on, or nothing.
   */
  List<LogChunk> add(LogChunk chunk, boolean room) {
    int size = chunk.data().length;
    if (!clipped && room && kept + size <= ProgressLog.STEP_LIMIT) {
      kept += size;
      return List.of(chunk);
    }
    tail.add(chunk);
    tailBytes += size;
    while (tailBytes > TAIL_LIMIT && tail.size() > 1) {
      tailBytes -= tail.poll().data().length;
    }
    if (clipped) {
      return List.of();
    }
    clipped = true;
    String note =
        room
            ? "[output clipped, log limit 2MiB reached]\n"
            : "[output clipped, log limit of the build reached]\n";
    return List.of(
        new LogChunk(
            chunk.vertex(),
            chunk.stream(),
            note.getBytes(StandardCharsets.UTF_8),
            chunk.timestamp()));
  }

  /** Returns the end of a clipped output, once. */
  List<LogChunk> takeTail() {
    List<LogChunk> chunks = new ArrayList<>(tail);
    tail.clear();
    tailBytes = 0;
    return chunks;
  }
}
