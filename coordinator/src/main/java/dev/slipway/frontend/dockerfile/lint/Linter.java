package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.SourceMap.Range;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Decides which rules count, and tells of what breaks them. Confined to one thread. */
public final class Linter {
  private final LintOptions options;
  private final Consumer<LintWarning> listener;
  private final Set<String> broken = new LinkedHashSet<>();

  public Linter(LintOptions options, Consumer<LintWarning> listener) {
    this.options = options;
    this.listener = listener;
  }

  /**
   * What a file is looked at with.
   *
   * @param argument build argument BUILDKIT_DOCKERFILE_CHECK, which replaces the file's directive
   * @throws SlipwayException INVALID when one of them is no check
   */
  public static LintOptions options(byte[] file, Optional<String> argument)
      throws SlipwayException {
    boolean given = argument.isPresent();
    String text = given ? argument.get() : Comments.check(file).orElse("");
    try {
      return LintOptions.parse(text);
    } catch (SlipwayException e) {
      throw new SlipwayException(
          e.kind(),
          "failed to parse "
              + (given ? "build-arg:BUILDKIT_DOCKERFILE_CHECK" : "check options")
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** A rule is broken by what the whole file is. */
  void warn(Rule rule, Range range, Object... arguments) {
    warn(options, rule, range, arguments);
  }

  /** A rule is broken by one instruction; the comments before it may say that it is on purpose. */
  void warn(Rule rule, List<String> comments, Range range, Object... arguments) {
    warn(with(comments), rule, range, arguments);
  }

  private void warn(LintOptions counting, Rule rule, Range range, Object... arguments) {
    if (counting.looksAt(rule)) {
      broken.add(rule.title());
      listener.accept(new LintWarning(rule, rule.message(arguments), range));
    }
  }

  /** The first check among the comments counts; one that cannot be read is a comment. */
  private LintOptions with(List<String> comments) {
    for (String comment : comments) {
      Optional<String> check = Comments.checkOf(comment);
      if (check.isPresent()) {
        try {
          return options.and(LintOptions.parse(check.get()));
        } catch (SlipwayException _) {
          return options;
        }
      }
    }
    return options;
  }

  /** Fails the build if that was asked for. @throws SlipwayException INVALID naming the rules */
  public void failIfAsked() throws SlipwayException {
    if (options.failing() && !broken.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, "lint violation found for rules: " + String.join(", ", broken));
    }
  }
}
