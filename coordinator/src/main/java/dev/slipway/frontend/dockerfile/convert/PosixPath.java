package dev.slipway.frontend.dockerfile.convert;

import java.util.ArrayDeque;
import java.util.Deque;

/** Paths as texts, slash separated. */
final class PosixPath {
  private PosixPath() {}

  /**
   * Makes the path absolute and removes {@code .}, {@code ..} and doubled slashes; nothing leads
   * above the root.
   */
  static String clean(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/")) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  /** The path as seen from a directory, not cleaned. */
  static String resolve(String directory, String path) {
    return path.startsWith("/") ? path : directory + "/" + path;
  }

  static String baseName(String path) {
    String clean = clean(path);
    return clean.substring(clean.lastIndexOf('/') + 1);
  }
}
