package dev.slipway.explain;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.FileMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Enough of a tree to name the first path in which another one differs, without its paths: eight
 * bytes for each entry, hash of the path above and hash of its state below. A directory has two,
 * one for itself and one for all below it. Of a large tree only the upper levels are kept; a change
 * below them is known by its directory.
 *
 * @param levels how many levels of the tree are there; 0 = none, the tree is too wide
 * @param entries sorted
 */
record TreePrint(int levels, long[] entries) {
  /** Of one print; 32 KiB. */
  static final int MAX_ENTRIES = 4096;

  static final TreePrint NONE = new TreePrint(0, new long[0]);

  /**
   * How a tree differs from an earlier one; of {@code Below} only the directory is known, of {@code
   * Removed} where it was.
   */
  sealed interface Difference {
    record Changed(String path) implements Difference {}

    record Added(String path) implements Difference {}

    record Removed(String directory) implements Difference {}

    record Attributes(String directory) implements Difference {}

    record Below(String directory) implements Difference {}

    record Unknown() implements Difference {}
  }

  /** The print of a tree. @param tree its entries, parents before what is in them */
  static TreePrint of(List<Entry> tree) {
    long[] below = below(tree);
    int levels = levels(tree);
    List<Long> kept = new ArrayList<>();
    for (int i = 0; i < tree.size(); i++) {
      Entry entry = tree.get(i);
      if (level(entry) <= levels) {
        kept.add(line(entry.path(), below[i]));
        if (FileMode.isDirectory(entry.mode())) {
          kept.add(line(entry.path() + "/", state(entry)));
        }
      }
    }
    long[] entries = kept.stream().mapToLong(Long::longValue).sorted().toArray();
    return new TreePrint(levels, entries);
  }

  /** What is the first to differ in the tree from the one that this is the print of. */
  Difference firstDifference(List<Entry> tree) {
    long[] below = below(tree);
    int common = Math.min(levels, levels(tree));
    if (common == 0) {
      return new Difference.Unknown();
    }
    Difference deepest = new Difference.Removed("");
    int depth = 0;
    for (int i = 0; i < tree.size(); i++) {
      Entry entry = tree.get(i);
      int level = level(entry);
      if (level > common || holds(line(entry.path(), below[i]))) {
        continue;
      }
      if (!knows(entry.path())) {
        return new Difference.Added(entry.path());
      }
      if (!FileMode.isDirectory(entry.mode())) {
        return new Difference.Changed(entry.path());
      }
      if (level > depth) {
        depth = level;
        deepest =
            !holds(line(entry.path() + "/", state(entry)))
                ? new Difference.Attributes(entry.path())
                : level == common
                    ? new Difference.Below(entry.path())
                    : new Difference.Removed(entry.path());
      }
    }
    return deepest;
  }

  private boolean holds(long line) {
    return Arrays.binarySearch(entries, line) >= 0;
  }

  private boolean knows(String path) {
    long from = lowest(path);
    int at = Arrays.binarySearch(entries, from);
    int first = at < 0 ? -at - 1 : at;
    return first < entries.length && entries[first] >>> 32 == from >>> 32;
  }

  private static int levels(List<Entry> tree) {
    Map<Integer, Integer> counts = new HashMap<>();
    OptionalInt deepest = OptionalInt.empty();
    for (Entry entry : tree) {
      int weight = FileMode.isDirectory(entry.mode()) ? 2 : 1;
      counts.merge(level(entry), weight, Integer::sum);
      deepest = OptionalInt.of(Math.max(deepest.orElse(0), level(entry)));
    }
    int sum = 0;
    for (int level = 1; level <= deepest.orElse(0); level++) {
      sum += counts.getOrDefault(level, 0);
      if (sum > MAX_ENTRIES) {
        return level - 1;
      }
    }
    // All there are: what is deeper in another tree is new there.
    return Integer.MAX_VALUE;
  }

  /** State of each entry; a directory's with that of all below it. */
  private static long[] below(List<Entry> tree) {
    Map<String, Integer> directories = new HashMap<>();
    long[] states = new long[tree.size()];
    for (int i = 0; i < tree.size(); i++) {
      states[i] = state(tree.get(i));
      if (FileMode.isDirectory(tree.get(i).mode())) {
        directories.put(tree.get(i).path(), i);
      }
    }
    for (int i = tree.size() - 1; i >= 0; i--) {
      int here = i;
      parent(tree.get(i).path())
          .map(directories::get)
          .ifPresent(up ->
              states[up] = mix(mix(states[up], Hashes.plain(tree.get(here).path())), states[here]));
    }
    return states;
  }

  private static long state(Entry entry) {
    int mode = FileMode.isSymlink(entry.mode()) ? FileMode.SYMLINK : entry.mode();
    long owner = ((long) entry.uid() << 32) ^ entry.gid();
    long content = Hashes.plain(entry.content().map(Object::toString).orElse(""));
    return mix(mix(mix(mode, owner), Hashes.plain(entry.linkName())), content);
  }

  private static long line(String path, long state) {
    return lowest(path) | (mix(0, state) & 0xffff_ffffL);
  }

  private static long lowest(String path) {
    return Hashes.plain(path) << 32;
  }

  private static long mix(long one, long other) {
    return Hashes.mix(one, other);
  }

  private static int level(Entry entry) {
    return 1 + (int) entry.path().chars().filter(c -> c == '/').count();
  }

  private static Optional<String> parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? Optional.empty() : Optional.of(path.substring(0, slash));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TreePrint print
        && levels == print.levels
        && Arrays.equals(entries, print.entries);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(entries);
  }
}
