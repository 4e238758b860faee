package dev.slipway.snapshot;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * When layers were used last, on disk: {@code number millis uses} a line, the last line of a number
 * counts. What changed is appended now and then and the file written anew when most of it is
 * outdated; a crash costs some minutes of knowledge and nothing else. Used by one thread at a time.
 */
final class UsageLog {
  /** Outdated lines that are cheaper kept than rewritten. */
  private static final int TOLERATED = 1000;

  private final Path file;
  private long lines;

  /**
   * Use of one layer.
   *
   * @param lastMillis since 1970
   */
  record Use(long lastMillis, long count) {}

  UsageLog(Path file) {
    this.file = file;
  }

  /** What is known, by number of the layer's directory; malformed lines are left out. */
  Map<Long, Use> read() throws IOException {
    Map<Long, Use> uses = new HashMap<>();
    lines = 0;
    if (!Files.exists(file)) {
      return uses;
    }
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines++;
        String[] words = line.split(" ");
        try {
          uses.put(
              Long.parseLong(words[0]),
              new Use(Long.parseLong(words[1]), Long.parseLong(words[2])));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException _) {
          // The end of a line was lost with the power.
        }
      }
    }
    return uses;
  }

  /** Whether the file has grown enough to be written anew. */
  boolean isLong(int layers) {
    return lines > 2L * layers + TOLERATED;
  }

  void append(Map<Long, Use> changed) throws IOException {
    try (Writer writer =
        Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      write(writer, changed);
    }
    lines += changed.size();
  }

  void replace(Map<Long, Use> all) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try (Writer writer = Files.newBufferedWriter(fresh)) {
      write(writer, all);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    lines = all.size();
  }

  private static void write(Writer writer, Map<Long, Use> uses) throws IOException {
    for (Map.Entry<Long, Use> use : uses.entrySet()) {
      writer.write(
          use.getKey() + " " + use.getValue().lastMillis() + " " + use.getValue().count() + "\n");
    }
  }
}
