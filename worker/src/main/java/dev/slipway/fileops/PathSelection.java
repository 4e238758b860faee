package dev.slipway.fileops;

import dev.slipway.diff.LayerEntry;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import dev.slipway.protocol.worker.PathSelector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What path selectors name in a mounted root: everything that a copy or a bind mount with these
 * selectors could read, and the links and directories on the way there. Selects too much rather
 * than too little. Paths are absolute and clean.
 */
public final class PathSelection {
  private static final int MOST_LINKS = 255;

  /** Directories and links on the way: they themselves, nothing below them. */
  private final Set<String> way = new HashSet<>();

  /** What is read with all that is below it, by path. */
  private final Map<String, List<CopyFilter>> trees = new TreeMap<>();

  private PathSelection() {}

  /** How an entry came to be selected. */
  public enum Role {
    /** Only leads to what is read. */
    WAY,
    /** Is read. */
    CONTENT
  }

  /** Takes the entries, parents before children, always in the same order. */
  @FunctionalInterface
  public interface Visitor {
    void visit(LayerEntry.Present entry, Role role) throws IOException;
  }

  /** Finds what the selectors name. What they name and is not there is not selected. */
  public static PathSelection of(Directory root, List<PathSelector> selectors) throws IOException {
    PathSelection selection = new PathSelection();
    for (PathSelector selector : selectors) {
      String path = RootPaths.clean(selector.getPath());
      CopyFilter filter = filter(selector);
      List<String> matches = selector.getWildcard() ? Wildcards.resolve(root, path) : List.of(path);
      for (String match : matches) {
        Optional<String> end = selection.follow(root, match, selector.getFollowSymlinks());
        if (end.isPresent()) {
          selection.trees.computeIfAbsent(end.get(), _ -> new ArrayList<>()).add(filter);
        }
      }
    }
    return selection;
  }

  private static CopyFilter filter(PathSelector selector) throws IOException {
    try {
      return new CopyFilter(selector.getIncludePatternsList(), selector.getExcludePatternsList());
    } catch (SlipwayException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Marks the way to the path and returns where it ends; empty when there is nothing. */
  private Optional<String> follow(Directory root, String path, boolean last) throws IOException {
    List<String> left = new ArrayList<>(parts(path));
    String at = "/";
    for (int links = 0; !left.isEmpty(); ) {
      String name = left.removeFirst();
      way.add(at);
      Optional<Status> status;
      String target = "";
      try (Directory parent = root.resolve(at)) {
        status = parent.find(name);
        boolean link = status.isPresent() && status.get().isSymlink() && (last || !left.isEmpty());
        if (link) {
          target = parent.readLink(name);
        }
      } catch (LinuxException e) {
        if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
          return Optional.empty();
        }
        throw e;
      }
      if (status.isEmpty()) {
        return Optional.empty();
      }
      String here = RootPaths.join(at, name);
      if (target.isEmpty()) {
        at = here;
        continue;
      }
      if (++links > MOST_LINKS) {
        return Optional.empty(); // the op itself says so
      }
      way.add(here);
      left.addAll(
          0, parts(RootPaths.clean(target.startsWith("/") ? target : RootPaths.join(at, target))));
      at = "/";
    }
    return Optional.of(at);
  }

  private static List<String> parts(String clean) {
    return clean.equals("/") ? List.of() : List.of(clean.substring(1).split("/"));
  }

  /**
   * Visits what is selected; the root itself first, as the name {@code .} of the path {@code .}.
   */
  public void walk(Directory root, Visitor visitor) throws IOException {
    List<Tree> inside = new ArrayList<>();
    boolean whole = enter("/", inside);
    visitor.visit(
        new LayerEntry.Present(".", root, ".", root.status()), whole ? Role.CONTENT : Role.WAY);
    walk(root, "", List.copyOf(inside), visitor);
  }

  private void walk(Directory directory, String prefix, List<Tree> outer, Visitor visitor)
      throws IOException {
    for (String name : directory.names()) {
      String path = prefix + name;
      List<Tree> inside = new ArrayList<>(outer);
      boolean top = enter("/" + path, inside);
      Status status = directory.status(name);
      if (status.type() == Status.SOCKET) {
        continue;
      }
      boolean content =
          top || inside.stream().anyMatch(tree -> tree.takes(path, status.isDirectory()));
      boolean leads = way.contains("/" + path) || leadsOn("/" + path, status);
      if (!content && !leads) {
        continue;
      }
      visitor.visit(
          new LayerEntry.Present(path, directory, name, status), content ? Role.CONTENT : Role.WAY);
      if (status.isDirectory()) {
        try (Directory inner = directory.enter(name)) {
          walk(inner, path + "/", content ? inside : List.of(), visitor);
        }
      }
    }
  }

  private boolean leadsOn(String path, Status status) {
    return status.isDirectory()
        && trees.keySet().stream().anyMatch(top -> top.startsWith(path + "/"));
  }

  /** Adds the trees that begin at the path; returns whether there are any. */
  private boolean enter(String path, List<Tree> inside) {
    List<CopyFilter> filters = trees.getOrDefault(path, List.of());
    int skip = path.equals("/") ? 0 : path.length();
    filters.forEach(filter -> inside.add(new Tree(skip, filter)));
    return !filters.isEmpty();
  }

  /**
   * A subtree that is read.
   *
   * @param skip characters before the path relative to the subtree's top
   */
  private record Tree(int skip, CopyFilter filter) {
    /** A directory of which nothing but what is below it is taken still leads there. */
    boolean takes(String path, boolean directory) {
      String relative = path.substring(skip);
      return filter.takes(relative) || (directory && !filter.prunes(relative));
    }
  }
}
