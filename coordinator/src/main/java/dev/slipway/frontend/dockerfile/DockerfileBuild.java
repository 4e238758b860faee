package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.dockerfile.convert.ContextKey;
import dev.slipway.frontend.dockerfile.convert.ConversionListener;
import dev.slipway.frontend.dockerfile.convert.ConvertOptions;
import dev.slipway.frontend.dockerfile.convert.Converted;
import dev.slipway.frontend.dockerfile.convert.DockerfileConverter;
import dev.slipway.frontend.dockerfile.convert.ImageKey;
import dev.slipway.frontend.dockerfile.convert.Missing;
import dev.slipway.frontend.dockerfile.convert.Resolved;
import dev.slipway.frontend.dockerfile.lint.LintWarning;
import dev.slipway.frontend.dockerfile.lint.LintedFile;
import dev.slipway.frontend.dockerfile.lint.Linter;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress.Warning;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** From a Dockerfile's text to graphs, under the eyes of the rules. Confined to one request. */
record DockerfileBuild(FrontendOptions options, BuildInputs files, FrontendBridge bridge) {
  /**
   * ONBUILD triggers of a resolved image may name more images; each round is one more level of
   * that.
   */
  private static final int MOST_ROUNDS = 20;

  /** As BuildKit has it for all of them. */
  private static final int WARNING_LEVEL = 1;

  /** Every warning carries the file to the client: a larger one only says the line. */
  private static final int LARGEST_SHOWN = 1 << 20;

  /** Rules as the file or the client want them. */
  Linter linter(Consumer<LintWarning> listener) throws SlipwayException {
    return new Linter(Linter.options(files.dockerfile().file().data(), options.check()), listener);
  }

  /** Shows a warning in the build's progress. */
  void show(LintWarning warning) {
    bridge
        .progress()
        .warning(
            new Warning(
                files.vertex(),
                WARNING_LEVEL,
                warning.summary(),
                List.of(warning.rule().description()),
                warning.rule().url(),
                Optional.of(files.dockerfile().file())
                    .filter(file -> file.data().length <= LARGEST_SHOWN),
                List.of(warning.range())));
  }

  /** Who else listens to a conversion. */
  interface MoreListeners {
    ConversionListener of(LintedFile file, DockerfileConverter converter) throws SlipwayException;
  }

  /** Converts for each platform; rules look at the first. An empty one is the farm's own. */
  List<Converted> convert(List<Optional<Platform>> platforms)
      throws SlipwayException, IOException, InterruptedException {
    return convert(platforms, linter(this::show), false, (_, _) -> ConversionListener.NONE);
  }

  /**
   * The same.
   *
   * @param allStages whether stages that the target does not need are looked at too
   * @param more who listens to the first conversion beside the rules
   */
  List<Converted> convert(
      List<Optional<Platform>> platforms, Linter linter, boolean allStages, MoreListeners more)
      throws SlipwayException, IOException, InterruptedException {
    LintedFile linted = LintedFile.read(files.dockerfile(), linter);
    ConvertOptions convertOptions = options.convertOptions(files.context());
    DockerfileConverter converter =
        new DockerfileConverter(linted.file(), convertOptions, allStages);
    ConversionListener rules =
        linted.stages(
            converter,
            platforms.getFirst(),
            convertOptions.buildArguments(),
            files.ignorePatterns());
    ConversionListener first = ConversionListener.both(rules, more.of(linted, converter));
    EpochResolver epochs = new EpochResolver(options, bridge, files.context());
    Resolved resolved = resolve(converter, platforms);
    List<Converted> converted = new ArrayList<>();
    for (Optional<Platform> platform : platforms) {
      OptionalLong epoch = epochs.resolve(converter.epoch(platform));
      converted.add(
          converter.convert(
              platform, resolved, epoch, converted.isEmpty() ? first : ConversionListener.NONE));
    }
    linter.failIfAsked();
    return converted;
  }

  private Resolved resolve(DockerfileConverter converter, List<Optional<Platform>> platforms)
      throws SlipwayException, IOException, InterruptedException {
    Resolved resolved = Resolved.NOTHING;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Map<ImageKey, Missing.Use> images = new LinkedHashMap<>();
      Map<ContextKey, Missing.Use> contexts = new LinkedHashMap<>();
      List<String> names = List.of();
      for (Optional<Platform> platform : platforms) {
        Missing missing = converter.missing(platform, resolved);
        missing.images().forEach(images::putIfAbsent);
        missing.contexts().forEach(contexts::putIfAbsent);
        names = missing.names();
      }
      Missing missing = new Missing(images, contexts, names);
      if (missing.isEmpty()) {
        return resolved;
      }
      resolved = resolved.and(new Resolution(options, bridge, converter.source()).resolve(missing));
    }
    throw new SlipwayException(
        ErrorKind.EXHAUSTED,
        "ONBUILD triggers of images need images of more than " + MOST_ROUNDS + " levels");
  }
}
