package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.oci.Platform;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Converts a Dockerfile to LLB. Pure. Platforms are those that were asked for; an empty one is the
 * farm's own, because nobody asked.
 */
public final class DockerfileConverter {
  private final BuildFile file;
  private final ConvertOptions options;
  private final boolean allStages;

  public DockerfileConverter(BuildFile file, ConvertOptions options) {
    this(file, options, false);
  }

  /**
   * The same.
   *
   * @param allStages whether stages that the target does not need are converted too: to hear of
   *     them, their steps are not part of the graph
   */
  public DockerfileConverter(BuildFile file, ConvertOptions options, boolean allStages) {
    this.file = file;
    this.options = options;
    this.allStages = allStages;
  }

  /** The text that was converted, to point into it. */
  public SourceText source() {
    return file.source();
  }

  /** Variables that a FROM sees, by name. */
  public Map<String, String> globals(Optional<Platform> target) throws SourceError {
    return globals(target, options.buildArguments());
  }

  /** Variables that a FROM would see with other build arguments for the file's own ARGs. */
  public Map<String, String> globals(Optional<Platform> target, Map<String, String> buildArguments)
      throws SourceError {
    return GlobalScope.of(file, options, target, buildArguments).values();
  }

  /**
   * What is needed from outside and not known. Ask again with it: ONBUILD triggers of images may
   * need more.
   */
  public Missing missing(Optional<Platform> target, Resolved known) throws SourceError {
    return StageGraph.of(file, options, scope(target), known, allStages).missing();
  }

  /** What SOURCE_DATE_EPOCH refers to, which has to be looked up before the conversion. */
  public EpochSource epoch(Optional<Platform> target) throws SourceError {
    return EpochSource.of(file, options, scope(target));
  }

  /**
   * Converts for one platform.
   *
   * @param resolved all that {@link #missing} asked for
   * @param epoch what {@link #epoch} came to
   */
  public Converted convert(Optional<Platform> target, Resolved resolved, OptionalLong epoch)
      throws SourceError {
    return convert(target, resolved, epoch, ConversionListener.NONE);
  }

  /** The same; {@code listener} hears of every instruction once. */
  public Converted convert(
      Optional<Platform> target, Resolved resolved, OptionalLong epoch, ConversionListener listener)
      throws SourceError {
    GlobalScope globals =
        scope(target)
            .withEpoch(epoch.isPresent() ? Optional.of(epoch.getAsLong()) : Optional.empty());
    StageGraph stages = StageGraph.of(file, options, globals, resolved, allStages);
    if (!stages.missing().isEmpty()) {
      throw new IllegalArgumentException("not everything is resolved: " + stages.missing());
    }
    Conversion.Inputs inputs = new Conversion.Inputs(resolved, epoch);
    Conversion first = new Conversion(file, options, stages, inputs, Map.of(), listener);
    Converted converted = first.run();
    Map<String, Set<String>> paths = first.paths();
    return paths.isEmpty()
        ? converted
        : new Conversion(file, options, stages, inputs, paths, ConversionListener.NONE).run();
  }

  private GlobalScope scope(Optional<Platform> target) throws SourceError {
    return GlobalScope.of(file, options, target, options.buildArguments());
  }
}
