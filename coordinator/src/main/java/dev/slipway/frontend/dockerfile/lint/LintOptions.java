package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which rules are looked at: {@code skip=A,B|all;error=true;experimental=A|all}, of a {@code #
 * check=} directive or a build argument.
 *
 * @param skipped rules that are not, by title
 * @param experimental rules that are although they are experimental, by title
 * @param failing whether a warning fails the build
 */
public record LintOptions(
    boolean skipAll,
    Set<String> skipped,
    boolean experimentalAll,
    Set<String> experimental,
    boolean failing) {
  /** Every rule that is not experimental. */
  public static final LintOptions DEFAULT =
      new LintOptions(false, Set.of(), false, Set.of(), false);

  private static final String ALL = "all";

  /** The three there are; what follows the second semicolon is one, as in BuildKit. */
  private static final int MOST_PARTS = 3;

  public LintOptions {
    skipped = Set.copyOf(skipped);
    experimental = Set.copyOf(experimental);
  }

  /** Reads the text of a check. @throws SlipwayException INVALID when it is none */
  public static LintOptions parse(String text) throws SlipwayException {
    LintOptions options = DEFAULT;
    if (text.isBlank()) {
      return options;
    }
    for (String part : text.strip().split(";", MOST_PARTS)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw invalid("invalid check option \"" + part + "\"");
      }
      String value = part.substring(equals + 1).strip();
      String key = part.substring(0, equals).strip();
      options =
          switch (key) {
            case "skip" ->
                new LintOptions(
                    value.equals(ALL),
                    value.equals(ALL) ? Set.of() : titles(value),
                    options.experimentalAll,
                    options.experimental,
                    options.failing);
            case "experimental" ->
                new LintOptions(
                    options.skipAll,
                    options.skipped,
                    value.equals(ALL),
                    value.equals(ALL) ? Set.of() : titles(value),
                    options.failing);
            case "error" ->
                new LintOptions(
                    options.skipAll,
                    options.skipped,
                    options.experimentalAll,
                    options.experimental,
                    bool(part, value));
            default -> throw invalid("invalid check option \"" + key + "\"");
          };
    }
    return options;
  }

  /** With what a comment at an instruction adds; whether warnings fail the build it cannot say. */
  LintOptions and(LintOptions comment) {
    return new LintOptions(
        skipAll || comment.skipAll,
        union(skipped, comment.skipped),
        experimentalAll || comment.experimentalAll,
        union(experimental, comment.experimental),
        failing);
  }

  boolean looksAt(Rule rule) {
    return rule.experimental()
        ? experimentalAll || experimental.contains(rule.title())
        : !skipAll && !skipped.contains(rule.title());
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> both = new HashSet<>(one);
    both.addAll(other);
    return both;
  }

  private static Set<String> titles(String list) {
    Set<String> titles = new LinkedHashSet<>();
    for (String title : list.split(",")) {
      titles.add(title.strip());
    }
    return titles;
  }

  private static boolean bool(String part, String value) throws SlipwayException {
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw invalid(
              "failed to parse check option \""
                  + part
                  + "\": strconv.ParseBool: parsing \""
                  + value
                  + "\": invalid syntax");
    };
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
