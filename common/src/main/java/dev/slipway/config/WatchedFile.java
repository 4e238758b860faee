package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a file says. It is looked at when it is asked for, at most once a second, and read again
 * when it has changed; one that cannot be used leaves what was there before in use, and is told of
 * once in the log. @ThreadSafe
 */
public final class WatchedFile<T> {
  private static final Logger log = LoggerFactory.getLogger(WatchedFile.class);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private final Path file;
  private final Reading<T> reading;
  private final InstantSource clock;

  // Guarded by this.
  private T content;
  private String seen;
  private Instant looked;

  /** Makes something of a file. */
  @FunctionalInterface
  public interface Reading<T> {
    /**
     * @throws SlipwayException naming the file and what is wrong with it
     */
    T read(Path file) throws SlipwayException;
  }

  private WatchedFile(Path file, Reading<T> reading, InstantSource clock) throws SlipwayException {
    this.file = file;
    this.reading = reading;
    this.clock = clock;
    this.seen = stamp();
    this.content = reading.read(file);
    this.looked = clock.instant();
  }

  /** Reads the file a first time. @throws SlipwayException when it cannot be used */
  public static <T> WatchedFile<T> of(Path file, Reading<T> reading, InstantSource clock)
      throws SlipwayException {
    return new WatchedFile<>(file, reading, clock);
  }

  /** What it says now. */
  public synchronized T get() {
    Instant now = clock.instant();
    if (now.isBefore(looked.plus(LOOK_EVERY))) {
      return content;
    }
    looked = now;
    String stamp = stamp();
    if (!stamp.equals(seen)) {
      seen = stamp;
      try {
        content = reading.read(file);
        log.atInfo().addKeyValue("file", file).log("changed file read");
      } catch (SlipwayException e) {
        log.atError()
            .addKeyValue("reason", e.getMessage())
            .log("changed file cannot be used; what it said before stays in use");
      }
    }
    return content;
  }

  private String stamp() {
    try {
      return Files.getLastModifiedTime(file) + " " + Files.size(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
