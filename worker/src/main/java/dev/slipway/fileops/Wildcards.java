package dev.slipway.fileops;

import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.LinuxException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

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
      Pattern regex;
      try {
        regex = Pattern.compile(regex(part), Pattern.DOTALL);
      } catch (PatternSyntaxException _) {
        return List.of(); // a range that ends before it begins: no name is in it
      }
      for (String directory : found) {
        try (Directory open = root.resolve(directory)) {
          for (String name :
              has(part)
                  ? open.names()
                  : open.find(part).isPresent() ? List.of(part) : List.<String>of()) {
            if (regex.matcher(name).matches()) {
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

  /** The regular expression of one path component's pattern. */
  static String regex(String part) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      switch (c) {
        case '*' -> out.append("[^/]*");
        case '?' -> out.append("[^/]");
        case '\\' -> {
          if (i + 1 < part.length()) {
            i++;
          }
          out.append(Pattern.quote(part.substring(i, i + 1)));
        }
        case '[' -> {
          int end = part.indexOf(']', i + 2);
          if (end < 0) {
            out.append("\\[");
          } else {
            String set = part.substring(i + 1, end);
            boolean negated = set.startsWith("^");
            out.append(negated ? "[^" : "[")
                .append((negated ? set.substring(1) : set).replaceAll("([\\[&^])", "\\\\$1"))
                .append(']');
            i = end;
          }
        }
        default -> out.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return out.toString();
  }
}
