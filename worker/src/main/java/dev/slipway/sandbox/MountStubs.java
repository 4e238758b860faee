package dev.slipway.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Mount points made for the mounts of one process. Made before it starts, removed when it has
 * ended; the times of the directories around them stay as they were, so no trace gets into a layer.
 * Owner: the thread that runs the process.
 */
final class MountStubs implements AutoCloseable {
  private final Deque<Path> made = new ArrayDeque<>();
  private final boolean parents;

  private MountStubs(boolean parents) {
    this.parents = parents;
  }

  /** A mount point that is needed below a directory of the worker. */
  record Point(Path root, String path, boolean directory) {}

  /**
   * Makes what is missing.
   *
   * @param parents whether directories made around a mount point are removed with it
   */
  static MountStubs make(List<Point> points, boolean parents) throws IOException {
    MountStubs stubs = new MountStubs(parents);
    try {
      for (Point point : points) {
        stubs.make(point);
      }
    } catch (IOException | RuntimeException e) {
      stubs.close();
      throw e;
    }
    return stubs;
  }

  private void make(Point point) throws IOException {
    RootPath.Target target = RootPath.follow(point.root(), point.path());
    Path current = target.existing();
    while (!target.missing().isEmpty()) {
      Path parent = current;
      current = parent.resolve(target.missing().pop());
      Path next = current;
      boolean directory = point.directory() || !target.missing().isEmpty();
      keepingTimes(
          parent,
          () -> {
            if (directory) {
              Files.createDirectory(next);
            } else {
              Files.createFile(next);
            }
          });
      if (parents || target.missing().isEmpty()) {
        made.push(current);
      }
    }
  }

  /**
   * Removes the stubs that are still empty, innermost first; what the process put into one stays.
   */
  @Override
  public void close() throws IOException {
    while (!made.isEmpty()) {
      Path stub = made.pop();
      BasicFileAttributes attributes;
      try {
        attributes =
            Files.readAttributes(stub, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      } catch (NoSuchFileException _) {
        continue; // the process moved its parent away
      }
      if (attributes.isDirectory() || attributes.isRegularFile() && attributes.size() == 0) {
        try {
          keepingTimes(stub.getParent(), () -> Files.delete(stub));
        } catch (DirectoryNotEmptyException _) {
          continue; // in use by now: it is the process's own
        }
      }
    }
  }

  private interface Change {
    void run() throws IOException;
  }

  private static void keepingTimes(Path directory, Change change) throws IOException {
    BasicFileAttributeView view =
        Files.getFileAttributeView(directory, BasicFileAttributeView.class);
    BasicFileAttributes before = view.readAttributes();
    change.run();
    view.setTimes(before.lastModifiedTime(), before.lastAccessTime(), null);
  }
}
