package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Suggestion;
import dev.slipway.frontend.dockerfile.shell.Lookups;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.util.Locale;
import java.util.Optional;

/**
 * What the FROM of a stage says, global arguments expanded.
 *
 * @param name of the base
 * @param platform that was asked for
 * @param base what the name means
 */
record StageFrom(String name, Optional<Platform> platform, StagePlan.Base base) {
  static StageFrom read(
      BuildFile file, BuildFile.Stage stage, GlobalScope globals, ConvertOptions options)
      throws SourceError {
    Range range = stage.from().range();
    ShellLexer lexer = new ShellLexer(file.escape());
    String written = stage.base().base();
    String name;
    try {
      name = lexer.word(written, globals.values());
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), range, e.getMessage());
    }
    if (name.isEmpty()) {
      throw file.source()
          .error(ErrorKind.INVALID, range, "base name (" + written + ") should not be blank");
    }
    Optional<Platform> platform = Optional.empty();
    if (stage.base().platform().isPresent()) {
      platform = Optional.of(platform(file, stage, globals, lexer));
    }
    return new StageFrom(
        name, platform, base(file, stage, name, platform.orElse(globals.target()), options));
  }

  private static Platform platform(
      BuildFile file, BuildFile.Stage stage, GlobalScope globals, ShellLexer lexer)
      throws SourceError {
    Range range = stage.from().range();
    String written = stage.base().platform().get();
    Lookups lookups = new Lookups(globals.values());
    String text;
    try {
      text = lexer.word(written, lookups);
    } catch (SlipwayException e) {
      throw file.source()
          .error(
              e.kind(),
              range,
              "failed to process arguments for platform " + written + ": " + e.getMessage());
    }
    if (text.isEmpty()) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              range,
              "empty platform value from expression " + written + meant(lookups));
    }
    try {
      return Platform.parse(text);
    } catch (IllegalArgumentException e) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              range,
              "failed to parse platform " + written + ": " + e.getMessage() + meant(lookups));
    }
  }

  /** What a name that has no value may have been meant to be. */
  private static String meant(Lookups lookups) {
    return lookups.unmatched().stream()
        .map(name -> Suggestion.of(name, lookups.keySet()))
        .filter(suggestion -> !suggestion.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static StagePlan.Base base(
      BuildFile file, BuildFile.Stage stage, String name, Platform platform, ConvertOptions options)
      throws SourceError {
    NamedContexts contexts = options.namedContexts();
    Optional<ContextKey> whole =
        stage.base().name().flatMap(stageName -> contexts.find(stageName, platform));
    if (whole.isPresent()) {
      return new StagePlan.Base.Context(whole.get(), true);
    }
    // Unlike --from, FROM means a stage only in lower case, as BuildKit has it.
    Optional<Integer> parent =
        name.equals(name.toLowerCase(Locale.ROOT))
            ? StageNames.find(file, name, stage.index())
            : Optional.empty();
    if (parent.isPresent()) {
      return new StagePlan.Base.Parent(parent.get());
    }
    if (name.equals("scratch")) {
      return new StagePlan.Base.Scratch();
    }
    String reference = reference(file, name, stage.from().range());
    Optional<ContextKey> context = contexts.find(reference, platform);
    return context.isPresent()
        ? new StagePlan.Base.Context(context.get(), false)
        : new StagePlan.Base.Image(new ImageKey(reference, platform));
  }

  /** The normalised name of an image. */
  static String reference(BuildFile file, String name, Range range) throws SourceError {
    try {
      return ImageReference.parse(name).toString();
    } catch (IllegalArgumentException e) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              range,
              "failed to parse stage name \"" + name + "\": " + e.getMessage());
    }
  }
}
