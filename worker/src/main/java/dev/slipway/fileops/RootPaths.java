package dev.slipway.fileops;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Paths inside a root filesystem, links followed but never out of it. */
final class RootPaths {
  private RootPaths() {}

  /** How directories on the way are made. */
  record NewDirectory(int mode, Owners.Ids owner, long timestamp) {}

  /** Absolute, without dots and doubled slashes; {@code ..} ends at the root. */
  static String clean(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/")) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.removeLast();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  static String parent(String clean) {
    int slash = clean.lastIndexOf('/');
    return slash <= 0 ? "/" : clean.substring(0, slash);
  }

  static String name(String clean) {
    return clean.substring(clean.lastIndexOf('/') + 1);
  }

  static String join(String directory, String name) {
    return directory.endsWith("/") ? directory + name : directory + "/" + name;
  }

  /** Opens the directory at the clean path, made with what is missing above it. */
  static Directory makeAll(Directory root, String path, NewDirectory made) throws IOException {
    try {
      return root.resolve(path);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT || path.equals("/")) {
        throw e;
      }
    }
    try (Directory parent = makeAll(root, parent(path), made)) {
      String name = name(path);
      Optional<Status> status = parent.find(name);
      if (status.isPresent() && status.get().isSymlink()) {
        // A link whose target is missing: the target is made, as seen from the link.
        String target = parent.readLink(name);
        String absolute = target.startsWith("/") ? target : join(inside(root, parent), target);
        return makeAll(root, clean(absolute), made);
      }
      make(parent, name, made);
    }
    return root.resolve(path);
  }

  static void make(Directory parent, String name, NewDirectory made) throws IOException {
    parent.makeDirectory(name, made.mode() & 07777);
    parent.owner(name, made.owner().uid(), made.owner().gid());
    parent.mode(name, made.mode() & 07777);
    if (made.timestamp() >= 0) {
      parent.times(name, made.timestamp());
    }
  }

  /** Where the directory is inside the root, without links. */
  static String inside(Directory root, Directory directory) throws IOException {
    Path relative = root.location().relativize(directory.location());
    return "/" + relative;
  }

  /**
   * Follows links at the end of the path as far as they lead; the path of what is or would be
   * there, its parent without links.
   */
  static String follow(Directory root, String path) throws IOException {
    String at = path;
    for (int links = 0; links < 40; links++) {
      if (at.equals("/")) {
        return at;
      }
      String inside;
      try (Directory parent = root.resolve(parent(at))) {
        inside = inside(root, parent);
        Optional<Status> status = parent.find(name(at));
        if (status.isEmpty() || !status.get().isSymlink()) {
          return join(inside, name(at));
        }
        String target = parent.readLink(name(at));
        at = clean(target.startsWith("/") ? target : join(inside, target));
      } catch (LinuxException e) {
        if (e.errno() == Errno.ENOENT) {
          return at;
        }
        throw e;
      }
    }
    throw new IOException(path + ": too many levels of symbolic links");
  }
}
