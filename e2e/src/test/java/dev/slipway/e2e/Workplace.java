package dev.slipway.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where things lie for the tests: the tree's root, a folder that every user may pass through, the
 * base images' cache.
 */
final class Workplace {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Deque<Runnable> AT_END = new ArrayDeque<>();
  private static final Path TEMPORARY = temporary();

  private Workplace() {}

  /** The root of the source tree; {@code slipway} lies there. */
  static Path tree() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isExecutable(folder.resolve("slipway"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new AssertionError("the tests do not run inside the source tree");
      }
    }
    return folder;
  }

  static String slipway() {
    return tree().resolve("slipway").toString();
  }

  /**
   * A new folder, removed at the end of the run: files in it may belong to subordinate ids, so the
   * launcher's way is used.
   */
  static Path folder(String name) {
    try {
      return Files.createDirectories(TEMPORARY.resolve(name + "-" + NUMBER.incrementAndGet()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kept from one run to the next: the packages that the base images are made of. */
  static Path baseImageCache() {
    return tree().resolve("target/base-images");
  }

  static boolean root() {
    return "root".equals(System.getProperty("user.name"));
  }

  /**
   * Runs something at the end of the run; what was asked for last comes first, so that a folder
   * outlives who uses it.
   */
  static void atEnd(Runnable work) {
    synchronized (AT_END) {
      if (AT_END.isEmpty()) {
        Runtime.getRuntime().addShutdownHook(new Thread(Workplace::end));
      }
      AT_END.push(work);
    }
  }

  private static void end() {
    synchronized (AT_END) {
      while (!AT_END.isEmpty()) {
        try {
          AT_END.pop().run();
        } catch (RuntimeException | AssertionError e) {
          System.err.println("at the end of the run: " + e.getMessage());
        }
      }
    }
  }

  private static Path temporary() {
    try {
      Path folder = Files.createTempDirectory("slipway-e2e");
      Files.setPosixFilePermissions(
          folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
      atEnd(() -> remove(folder));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path folder) {
    List<String> command =
        root()
            ? List.of("rm", "-rf", folder.toString())
            : List.of("rootlesskit", "rm", "-rf", folder.toString());
    Command.run(Duration.ofMinutes(1), command);
  }
}
