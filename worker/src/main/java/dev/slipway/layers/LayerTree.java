package dev.slipway.layers;

import dev.slipway.linux.Directory;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A layer directory that is being filled from a list of untrusted paths. Nothing leaves it. Owned
 * by one thread.
 */
final class LayerTree implements AutoCloseable {
  private final Directory root;
  private final List<Path> below;

  /** The directory of the entry before: most entries share it. */
  private String currentPath = "";

  private Directory current;

  LayerTree(Path directory, List<Path> below) throws IOException {
    this.root = Directory.open(directory);
    this.current = root;
    this.below = below;
  }

  Directory root() {
    return root;
  }

  /**
   * The directory at the path, made where missing with the attributes that it has in the layers
   * below.
   */
  Directory directory(String path) throws IOException {
    if (path.equals(currentPath)) {
      return current;
    }
    Directory found = find(path);
    if (current != root) {
      current.close();
    }
    current = found;
    currentPath = path;
    return found;
  }

  private Directory find(String path) throws IOException {
    if (path.isEmpty()) {
      return root;
    }
    Directory at = root;
    String prefix = "";
    for (String name : path.split("/")) {
      prefix = prefix.isEmpty() ? name : prefix + "/" + name;
      Directory next;
      try {
        next = step(at, name, prefix);
      } finally {
        if (at != root) {
          at.close();
        }
      }
      at = next;
    }
    return at;
  }

  private Directory step(Directory at, String name, String prefix) throws IOException {
    Optional<Status> status = at.find(name);
    if (status.isEmpty()) {
      make(at, name, prefix);
    } else if (status.get().isWhiteout()) {
      at.removeFile(name);
      make(at, name, prefix);
      OpaqueMark.set(at, name);
    } else if (status.get().isSymlink()) {
      try {
        return root.resolve(prefix);
      } catch (LinuxException e) {
        throw new LayerApplier.BadLayer(
            "it has entries below the link " + prefix + " that leads to no directory");
      }
    } else if (!status.get().isDirectory()) {
      throw new LayerApplier.BadLayer("it has entries below " + prefix + ", which is no directory");
    }
    return at.enter(name);
  }

  private void make(Directory at, String name, String prefix) throws IOException {
    at.makeDirectory(name, 0755);
    Optional<Status> lower = below(prefix);
    if (lower.isPresent()) {
      at.owner(name, lower.get().uid(), lower.get().gid());
      at.mode(name, lower.get().permissions());
      at.times(name, lower.get().modified());
    } else {
      at.owner(name, 0, 0);
      at.mode(name, 0755);
    }
  }

  /** The directory that the layers below show at the path. */
  private Optional<Status> below(String prefix) throws IOException {
    for (Path layer : below.reversed()) {
      try (Directory lower = Directory.open(layer)) {
        Optional<Status> status = literal(lower, prefix);
        if (status.isPresent()) {
          return status.filter(Status::isDirectory);
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Status> literal(Directory root, String path) throws IOException {
    int slash = path.indexOf('/');
    if (slash < 0) {
      return root.find(path);
    }
    Optional<Status> status = root.find(path.substring(0, slash));
    if (status.isEmpty() || !status.get().isDirectory()) {
      return status;
    }
    try (Directory inner = root.enter(path.substring(0, slash))) {
      return literal(inner, path.substring(slash + 1));
    }
  }

  /**
   * Finds the layer directory below that holds a regular file at the path; for hard links to files
   * of other layers.
   */
  Optional<Path> holder(String path) throws IOException {
    for (Path layer : below.reversed()) {
      try (Directory lower = Directory.open(layer)) {
        Optional<Status> status = literal(lower, path);
        if (status.isPresent()) {
          return status.get().isRegular() ? Optional.of(layer) : Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    if (current != root) {
      current.close();
    }
    root.close();
  }
}
