package dev.slipway.fileops;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import dev.slipway.pattern.Wildcard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Wildcards of paths, in the language of Go's {@code path/filepath.Match}: {@code * ? [a-z] [^a]
 * \x}, none crosses a slash.
 */
final class Wildcards {
  private Wildcards() {}

  static boolean has(String text) {
    return text.chars().anyMatch(c -> c == '*' || c == '?' || c == '[' || c == '\\');
  }

  /**
   * Paths in the root that the clean pattern matches, sorted; a pattern without wildcards is its
   * own answer.
   */
  static List<String> resolve(Directory root, String pattern) throws IOException {
    if (!has(pattern)) {
      return List.of(pattern);
    }
    List<String> found = new ArrayList<>(List.of("/"));
    for (String part : pattern.substring(1).split("/")) {
      List<String> next = new ArrayList<>();
      for (String directory : found) {
        try (Directory open = root.resolve(directory)) {
          for (String name :
              has(part)
                  ? open.names()
                  : open.find(part).isPresent() ? List.of(part) : List.<String>of()) {
            if (matches(part, name)) {
              next.add(RootPaths.join(directory, name));
            }
          }
        } catch (LinuxException e) {
          boolean noDirectory =
              e.errno() == Errno.ENOTDIR || e.errno() == Errno.ENOENT || e.errno() == Errno.ELOOP;
          if (!noDirectory) {
            throw e;
          }
        }
      }
      found = next;
    }
    return found;
  }

  private static boolean matches(String part, String name) {
    try {
      return has(part) ? Wildcard.matches(part, name) : part.equals(name);
    } catch (IllegalArgumentException _) {
      return false; // malformed: nothing is meant
    }
  }
}
