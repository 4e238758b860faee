package dev.slipway.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the runtime is told of a container, and the mount points made for it: there while it lives.
 * Owned by the thread that runs it.
 *
 * @param leftovers of its processes, where they have no process namespace of their own
 */
record Bundle(Path directory, MountStubs stubs, Optional<Leftovers> leftovers)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Bundle.class);

  /** In which the runtime writes the id of the first process. */
  Path pidFile() {
    return directory.resolve("pid");
  }

  /** The runtime's own. */
  Path log() {
    return directory.resolve("log");
  }

  @Override
  public void close() {
    try {
      stubs.close();
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("mount points of a container were not removed");
    }
    try {
      delete(directory);
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("the bundle of a container was not removed");
    }
  }

  static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : List.copyOf(files.toList())) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
  }
}
