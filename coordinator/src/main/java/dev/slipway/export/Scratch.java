package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of one export on their way through this process; all of them go when it is closed. Several
 * threads may ask for files. @ThreadSafe
 */
final class Scratch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scratch.class);

  private final Path directory;

  /** Guarded by itself. */
  private final List<Path> files = new ArrayList<>();

  Scratch(Path directory) {
    this.directory = directory;
  }

  /** Removes what a process that ended in the middle left. */
  static void clear(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** A new, empty file. */
  Path file() throws SlipwayException {
    try {
      Path file = Files.createTempFile(directory, "export-", "");
      synchronized (files) {
        files.add(file);
      }
      return file;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  static SlipwayException failed(IOException e) {
    return new SlipwayException(
        ErrorKind.EXHAUSTED,
        "passing an export on failed on the coordinator's disk: " + e.getMessage(),
        e);
  }

  @Override
  public void close() {
    synchronized (files) {
      for (Path file : files) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException e) {
          LOG.atWarn().addKeyValue("file", file).setCause(e).log("file of an export not removed");
        }
      }
      files.clear();
    }
  }
}
