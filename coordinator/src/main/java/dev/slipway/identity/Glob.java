package dev.slipway.identity;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A text in which {@code *} stands for any text, also with slashes, and all else for itself. */
final class Glob {
  private final Pattern pattern;

  Glob(String text) {
    this.pattern =
        Pattern.compile(
            Arrays.stream(text.split("\\*", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*")),
            Pattern.DOTALL);
  }

  boolean fits(String text) {
    return pattern.matcher(text).matches();
  }
}
