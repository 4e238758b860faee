package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.Suggestion;
import dev.slipway.frontend.dockerfile.parser.Words;
import dev.slipway.frontend.dockerfile.shell.Lookups;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Rules on the stages of a file, those that are not built too. Confined to one thread. */
public final class StageRules {
  private static final Set<String> RESERVED = Set.of("context", "scratch");
  private static final String TARGET_PLATFORM = "TARGETPLATFORM";

  private final Linter linter;
  private final Comments comments;
  private final BuildFile file;

  public StageRules(Linter linter, Comments comments, BuildFile file) {
    this.linter = linter;
    this.comments = comments;
    this.file = file;
  }

  /** Looks at the names of stages, and at how instructions are written. */
  public void names() {
    Set<String> seen = new HashSet<>();
    for (BuildFile.Stage stage : file.stages()) {
      Optional<String> name = stage.base().name();
      if (name.isPresent()) {
        if (RESERVED.contains(name.get())) {
          linter.warn(Rule.RESERVED_STAGE_NAME, stage.from().range(), name.get());
        }
        if (!seen.add(name.get())) {
          linter.warn(Rule.DUPLICATE_STAGE_NAME, stage.from().range(), name.get());
        }
      }
    }
    casing();
  }

  private void casing() {
    List<Located> all = new ArrayList<>();
    for (BuildFile.Stage stage : file.stages()) {
      all.add(stage.from());
      all.addAll(stage.instructions());
    }
    long lower = all.stream().filter(each -> isLower(keyword(each))).count();
    long upper = all.stream().filter(each -> isUpper(keyword(each))).count();
    boolean lowercase = lower > upper;
    for (Located each : all) {
      String keyword = keyword(each);
      if (lowercase ? !isLower(keyword) : !isUpper(keyword)) {
        linter.warn(
            Rule.CONSISTENT_INSTRUCTION_CASING,
            each.range(),
            keyword,
            lowercase ? "lowercase" : "uppercase");
      }
    }
  }

  private static boolean isLower(String word) {
    return word.equals(word.toLowerCase(Locale.ROOT));
  }

  private static boolean isUpper(String word) {
    return word.equals(word.toUpperCase(Locale.ROOT));
  }

  /** The keyword as written. */
  static String keyword(Located located) {
    return Words.fields(located.text()).getFirst();
  }

  /**
   * Looks at whether base images have names without build arguments.
   *
   * @param defaults variables that a FROM sees then
   */
  public void defaults(Map<String, String> defaults) {
    for (BuildFile.Stage stage : file.stages()) {
      String written = stage.base().base();
      try {
        ImageReference.parse(new ShellLexer(file.escape()).word(written, defaults));
      } catch (SlipwayException _) {
        return; // The conversion says the same as an error.
      } catch (IllegalArgumentException _) {
        linter.warn(Rule.INVALID_DEFAULT_ARG_IN_FROM, stage.from().range(), written);
      }
    }
  }

  /**
   * Looks at what base images and their platforms are made of.
   *
   * @param globals variables that a FROM sees
   */
  public void bases(Map<String, String> globals) {
    Set<String> declared = new LinkedHashSet<>();
    for (Located located : file.globals()) {
      ((Instruction.Arg) located.instruction())
          .declarations()
          .forEach(declaration -> declared.add(declaration.name()));
    }
    declared.addAll(globals.keySet());
    for (BuildFile.Stage stage : file.stages()) {
      Range range = stage.from().range();
      Optional<Expanded> base = expand(stage.base().base(), globals);
      if (base.isEmpty()) {
        return;
      }
      undeclared(base.get().lookups(), declared, range);
      if (base.get().text().isEmpty()) {
        return; // The conversion ends here with an error.
      }
      Optional<String> written = stage.base().platform();
      if (written.isPresent()) {
        Optional<Expanded> platform = expand(written.get(), globals);
        if (platform.isEmpty()) {
          return;
        }
        undeclared(platform.get().lookups(), declared, range);
        redundant(written.get(), platform.get(), range, globals);
        constant(stage, platform.get(), range);
        if (parse(platform.get().text()).isEmpty()) {
          return;
        }
      }
    }
  }

  /** A text with its variables replaced, and which those were. */
  private record Expanded(String text, Lookups lookups) {}

  private Optional<Expanded> expand(String text, Map<String, String> globals) {
    Lookups lookups = new Lookups(globals);
    try {
      return Optional.of(new Expanded(new ShellLexer(file.escape()).word(text, lookups), lookups));
    } catch (SlipwayException _) {
      return Optional.empty(); // The conversion says the same as an error.
    }
  }

  private void undeclared(Lookups lookups, Set<String> declared, Range range) {
    for (String name : lookups.unmatched()) {
      if (!declared.contains(name)) {
        linter.warn(
            Rule.UNDEFINED_ARG_IN_FROM,
            comments.before(range),
            range,
            name,
            Suggestion.of(name, declared));
      }
    }
  }

  private void redundant(
      String written, Expanded platform, Range range, Map<String, String> globals) {
    if (platform.lookups().matched().equals(Set.of(TARGET_PLATFORM))
        && platform.lookups().unmatched().isEmpty()
        && platform.text().equals(globals.get(TARGET_PLATFORM))) {
      linter.warn(Rule.REDUNDANT_TARGET_PLATFORM, comments.before(range), range, written);
    }
  }

  /** A stage that is named for its platform is meant for it. */
  private void constant(BuildFile.Stage stage, Expanded platform, Range range) {
    Optional<Platform> parsed = parse(platform.text());
    if (!platform.lookups().matched().isEmpty()
        || !platform.lookups().unmatched().isEmpty()
        || parsed.isEmpty()) {
      return;
    }
    String name = stage.base().name().orElse("");
    if (!name.contains(parsed.get().os()) && !name.contains(parsed.get().architecture())) {
      linter.warn(
          Rule.FROM_PLATFORM_FLAG_CONST_DISALLOWED, comments.before(range), range, platform.text());
    }
  }

  private static Optional<Platform> parse(String text) {
    try {
      return Optional.of(Platform.parse(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
