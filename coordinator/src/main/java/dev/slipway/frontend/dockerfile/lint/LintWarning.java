package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.graph.SourceMap.Range;

/** A rule and what breaks it: {@code message} is the case at hand, {@code range} its lines. */
public record LintWarning(Rule rule, String message, Range range) {
  /** One line for a build's progress. */
  public String summary() {
    return "%s: %s (line %d)".formatted(rule.title(), message, range.startLine());
  }
}
