package dev.slipway.sandbox;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Follows paths inside an untrusted root filesystem, symbolic links included, without ever leaving
 * it. Safe only while nobody else changes the tree: here always before the container's process
 * starts or after its last one has ended.
 */
public final class RootPath {
  /** Longest chain of links that is followed, as the kernel's ELOOP limit. */
  private static final int MAX_LINKS = 40;

  private RootPath() {}

  /**
   * Where a path leads.
   *
   * @param existing the deepest component that is there, links followed
   * @param missing the components below it that are not there, in order; empty = the path exists
   */
  public record Target(Path existing, Deque<String> missing) {
    public boolean exists() {
      return missing.isEmpty();
    }
  }

  /** Follows the path from the root; {@code ..} stops at the root. */
  public static Target follow(Path root, String path) throws IOException {
    Deque<String> rest = new ArrayDeque<>();
    push(rest, path);
    Path current = root;
    int links = 0;
    while (!rest.isEmpty()) {
      String name = rest.pop();
      if (name.equals("..")) {
        current = current.equals(root) ? root : current.getParent();
        continue;
      }
      Path next = current.resolve(name);
      if (Files.isSymbolicLink(next)) {
        if (++links > MAX_LINKS) {
          throw new FileSystemException(path, null, "too many levels of symbolic links");
        }
        String link = Files.readSymbolicLink(next).toString();
        if (link.startsWith("/")) {
          current = root;
        }
        push(rest, link);
      } else if (Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        current = next;
      } else {
        rest.push(name);
        rest.removeIf(component -> component.equals(".."));
        return new Target(current, rest);
      }
    }
    return new Target(current, rest);
  }

  private static void push(Deque<String> rest, String path) {
    String[] names = path.split("/");
    for (int i = names.length - 1; i >= 0; i--) {
      if (!names[i].isEmpty() && !names[i].equals(".")) {
        rest.push(names[i]);
      }
    }
  }
}
