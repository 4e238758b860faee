package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Reads a .dockerignore. */
final class IgnorePatterns {
  /** The patterns travel in request headers, about a MiB of them. */
  private static final int LARGEST_FILE = 512 << 10;

  private IgnorePatterns() {}

  /**
   * Reads the patterns, in the order of the file; the last that matches counts.
   *
   * @param name of the file, for messages
   */
  static List<String> parse(String name, byte[] file) throws SlipwayException {
    if (file.length > LARGEST_FILE) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, name + " is larger than " + (LARGEST_FILE >> 10) + " KiB");
    }
    String text = new String(file, StandardCharsets.UTF_8);
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    List<String> patterns = new ArrayList<>();
    for (String line : text.split("\n")) {
      if (line.startsWith("#")) {
        continue;
      }
      String pattern = line.strip();
      boolean negated = pattern.startsWith("!");
      if (negated) {
        pattern = pattern.substring(1).strip();
      }
      if (pattern.isEmpty()) {
        if (negated) {
          throw new SlipwayException(
              ErrorKind.INVALID, "failed parsing " + name + ": illegal exclusion pattern: \"!\"");
        }
        continue;
      }
      patterns.add((negated ? "!" : "") + clean(pattern));
    }
    return patterns;
  }

  private static String clean(String pattern) {
    Deque<String> parts = new ArrayDeque<>();
    boolean rooted = pattern.startsWith("/");
    for (String part : pattern.split("/")) {
      if (part.equals("..") && !parts.isEmpty() && !parts.peekLast().equals("..")) {
        parts.pollLast();
      } else if (part.equals("..") ? !rooted : !part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return parts.isEmpty() ? "." : String.join("/", parts);
  }
}
