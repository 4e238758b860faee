package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.dockerfile.convert.BaseImage;
import dev.slipway.frontend.dockerfile.convert.ConversionListener;
import dev.slipway.frontend.dockerfile.convert.ConvertOptions;
import dev.slipway.frontend.dockerfile.convert.Converted;
import dev.slipway.frontend.dockerfile.convert.DockerfileConverter;
import dev.slipway.frontend.dockerfile.convert.ImageKey;
import dev.slipway.frontend.dockerfile.lint.LintWarning;
import dev.slipway.frontend.dockerfile.lint.LintedFile;
import dev.slipway.frontend.dockerfile.lint.Linter;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress.Warning;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** From a Dockerfile's text to graphs, under the eyes of the rules. Confined to one request. */
record DockerfileBuild(FrontendOptions options, ContextFiles files, FrontendBridge bridge) {
  /**
   * ONBUILD triggers of a resolved image may name more images; each round is one more level of
   * that.
   */
  private static final int MOST_ROUNDS = 20;

  /** As BuildKit has it for all of them. */
  private static final int WARNING_LEVEL = 1;

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
                Optional.of(files.dockerfile().file()),
                List.of(warning.range())));
  }

  /** Who else listens to a conversion. */
  interface MoreListeners {
    ConversionListener of(LintedFile file, DockerfileConverter converter) throws SlipwayException;
  }

  /** Converts for each platform; rules look at the first. */
  Map<Platform, Converted> convert(List<Platform> platforms)
      throws SlipwayException, InterruptedException {
    return convert(platforms, linter(this::show), false, (_, _) -> ConversionListener.NONE);
  }

  /**
   * The same.
   *
   * @param allStages whether stages that the target does not need are looked at too
   * @param more who listens to the first conversion beside the rules
   */
  Map<Platform, Converted> convert(
      List<Platform> platforms, Linter linter, boolean allStages, MoreListeners more)
      throws SlipwayException, InterruptedException {
    LintedFile linted = LintedFile.read(files.dockerfile(), linter);
    ConvertOptions convertOptions = options.convertOptions(files.ignorePatterns());
    DockerfileConverter converter =
        new DockerfileConverter(linted.file(), convertOptions, allStages);
    ConversionListener rules =
        linted.stages(
            converter,
            platforms.getFirst(),
            convertOptions.buildArguments(),
            files.ignorePatterns());
    ConversionListener first = ConversionListener.both(rules, more.of(linted, converter));
    Map<ImageKey, BaseImage> images = resolveImages(converter, platforms);
    Map<Platform, Converted> converted = new LinkedHashMap<>();
    for (Platform platform : platforms) {
      converted.put(
          platform,
          converter.convert(
              platform, images, converted.isEmpty() ? first : ConversionListener.NONE));
    }
    linter.failIfAsked();
    return converted;
  }

  private Map<ImageKey, BaseImage> resolveImages(
      DockerfileConverter converter, List<Platform> platforms)
      throws SlipwayException, InterruptedException {
    Map<ImageKey, BaseImage> images = new LinkedHashMap<>();
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Map<ImageKey, Range> missing = new LinkedHashMap<>();
      for (Platform platform : platforms) {
        converter.missingImages(platform, images).forEach(missing::putIfAbsent);
      }
      if (missing.isEmpty()) {
        return images;
      }
      images.putAll(
          new ImageResolution(
                  bridge, options.imageResolveMode(), options.multiPlatform(), converter.source())
              .resolve(missing));
    }
    throw new SlipwayException(
        ErrorKind.EXHAUSTED,
        "ONBUILD triggers of images need images of more than " + MOST_ROUNDS + " levels");
  }
}
