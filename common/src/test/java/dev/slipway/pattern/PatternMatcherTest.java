package dev.slipway.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatternMatcherTest {
  @ParameterizedTest
  @CsvSource({
    "node_modules, node_modules, true",
    "node_modules, node_modules/a/b, true",
    "node_modules, src/node_modules, false",
    "node_modules/, node_modules/a, true",
    "./a/../b, b, true",
    "*.txt, a.txt, true",
    "*.txt, a/b.txt, false",
    "*, a/b, true",
    "a?c, abc, true",
    "a?c, a/c, false",
    "a?c, aéc, true",
    "**, a/b/c, true",
    "**/b, b, true",
    "**/b, a/b, true",
    "**/b, ab, false",
    "**/b/*.c, x/y/b/z.c, true",
    "**b, a/xb, true",
    "a/**, a/b/c, true",
    "a/**, a, false",
    "a/**/b, a/b, true",
    "a/**/b, a/x/y/b, true",
    "a/**/b, a/xb, false",
    "a.b, axb, false",
    "a+(b), a+(b), true",
    "*+(b), xa+(b), true",
    "*$, a$, true",
    "[a-c]d, bd, true",
    "[^a-c]d, bd, false",
    "[^a-c]d, /d, false",
    "\\*x, *x, true",
    "\\*x, ax, false",
    "a\\.b, a.b, true",
    "/a, a, false",
  })
  void matchesAsDockerignoreDoes(String pattern, String path, boolean expected) {
    assertThat(PatternMatcher.of(List.of(pattern)).matches(path)).isEqualTo(expected);
  }

  @Test
  void laterExceptionTakesBackWhatAnEarlierPatternMatched() {
    PatternMatcher matcher = PatternMatcher.of(List.of("docs", "!docs/README.md", " ", "*.log"));

    assertThat(matcher.matches("docs/a.md")).isTrue();
    assertThat(matcher.matches("docs/README.md")).isFalse();
    assertThat(matcher.matches("x.log")).isTrue();
    assertThat(matcher.hasExceptions()).isTrue();
  }

  @Test
  void patternAfterTheExceptionMatchesAgain() {
    PatternMatcher matcher = PatternMatcher.of(List.of("*", "!a", "a/b"));

    assertThat(matcher.matches("a/c")).isFalse();
    assertThat(matcher.matches("a/b")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"!", "[", "[a", "a\\", "x[]", "[a-]"})
  void refusesMalformedPatterns(String pattern) {
    assertThatThrownBy(() -> PatternMatcher.of(List.of(pattern)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pattern");
  }

  @ParameterizedTest
  @CsvSource({
    "a*b*c, axxbyyc, true",
    "a*b*c, axxbyy, false",
    "*, a/b, false",
    "a*/b, a/c/b, false",
    "a*/b, aa/b, true",
    "[a-z]?, b1, true",
    "*.tar.gz, x.tar.gz, true",
    "a*, a, true",
    "*a*, bab, true",
  })
  void wildcardStaysInsideAComponent(String pattern, String name, boolean expected) {
    assertThat(Wildcard.matches(pattern, name)).isEqualTo(expected);
  }

  @Test
  void manyStarsTakeNoExponentialTime() {
    assertThat(Wildcard.matches("a*".repeat(40) + "b", "a".repeat(2_000))).isFalse();
  }

  /** A build would hang for years otherwise, and nothing could end it. */
  @Test
  @Timeout(5)
  void takesNoLongerForManyStars() {
    PatternMatcher matcher =
        PatternMatcher.of(List.of("*a".repeat(60) + "b", "**/".repeat(60) + "b"));

    assertThat(matcher.matches("a".repeat(250))).isFalse();
    assertThat(matcher.matches("a/".repeat(1000) + "c")).isFalse();
  }

  @Test
  void refusesARangeThatEndsBeforeItBegins() {
    assertThatThrownBy(() -> PatternMatcher.of(List.of("[z-a]")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("syntax error in pattern");
  }
}
