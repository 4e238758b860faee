package dev.slipway.frontend.dockerfile;

import dev.slipway.error.SlipwayException;
import dev.slipway.pattern.PatternMatcher;

/** .dockerignore files, and what their patterns match. */
public final class IgnoreFileFuzz {
  private IgnoreFileFuzz() {}

  public static void fuzzerTestOneInput(byte[] data) {
    try {
      PatternMatcher matcher = PatternMatcher.of(IgnorePatterns.parse(".dockerignore", data));
      matcher.matches("src/main/java/a.java");
      matcher.matches("a".repeat(255));
    } catch (SlipwayException | IllegalArgumentException _) {
      return; // told in words
    }
  }
}
