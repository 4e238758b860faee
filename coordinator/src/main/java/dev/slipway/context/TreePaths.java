package dev.slipway.context;

import dev.slipway.context.ContextTree.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntConsumer;

/**
 * Finds entries by path in a sorted list. Symbolic links never lead out: {@code ..} stops at the
 * root, {@code /} is the root.
 */
final class TreePaths {
  /** The index of the root, which has no entry. */
  static final int ROOT = -1;

  /** As many as Linux' ELOOP limit times six: what Go's resolver allows. */
  private static final int MAXIMUM_LINKS = 255;

  private final List<Entry> entries;

  TreePaths(List<Entry> entries) {
    this.entries = entries;
  }

  /** Index of the entry with exactly this path, or {@code -insertion - 1}. */
  int index(String path) {
    int low = 0;
    int high = entries.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = TreeOrder.INSTANCE.compare(entries.get(middle).path(), path);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  /** Index after the last entry inside the one at the index. */
  int end(int index) {
    if (index == ROOT) {
      return entries.size();
    }
    // Every path below "p" is at most "p/" followed by something; "/" is the lowest byte, so "p\0"
    // is the first that is not inside.
    int after = index(entries.get(index).path() + "\0");
    return after < 0 ? -after - 1 : after;
  }

  boolean isDirectory(int index) {
    return index == ROOT || FileMode.isDirectory(entries.get(index).mode());
  }

  String path(int index) {
    return index == ROOT ? "" : entries.get(index).path();
  }

  /** Indexes directly inside the directory, in order of the tree. */
  List<Integer> children(int directory) {
    List<Integer> children = new ArrayList<>();
    int end = end(directory);
    for (int i = directory + 1; i < end; i = end(i)) {
      children.add(i);
    }
    return children;
  }

  /**
   * The entry that a path leads to.
   *
   * @param followLast whether a symbolic link at the very end is followed
   * @param links told every symbolic link on the way
   * @return its index, {@link #ROOT}, or empty when there is none
   */
  OptionalInt resolve(String path, boolean followLast, IntConsumer links) {
    Deque<String> rest = new ArrayDeque<>(List.of(path.split("/")));
    int current = ROOT;
    int followed = 0;
    while (!rest.isEmpty()) {
      String name = rest.removeFirst();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        current = parent(current);
        continue;
      }
      if (!isDirectory(current)) {
        return OptionalInt.empty();
      }
      int next = index(current == ROOT ? name : path(current) + "/" + name);
      if (next < 0) {
        return OptionalInt.empty();
      }
      Entry entry = entries.get(next);
      if (FileMode.isSymlink(entry.mode())
          && (followLast || rest.stream().anyMatch(part -> !part.isEmpty() && !part.equals(".")))) {
        links.accept(next);
        if (++followed > MAXIMUM_LINKS) {
          return OptionalInt.empty();
        }
        if (entry.linkName().startsWith("/")) {
          current = ROOT;
        }
        List.of(entry.linkName().split("/")).reversed().forEach(rest::addFirst);
      } else {
        current = next;
      }
    }
    return OptionalInt.of(current);
  }

  /** Index of the directory that holds the entry. */
  int parent(int index) {
    int slash = path(index).lastIndexOf('/');
    return slash < 0 ? ROOT : index(path(index).substring(0, slash));
  }
}
