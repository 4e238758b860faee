package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.Platform;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Converts a Dockerfile to LLB. Pure. */
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
  public Map<String, String> globals(Platform target) throws SourceError {
    return globals(target, options.buildArguments());
  }

  /** Variables that a FROM would see with other build arguments. */
  public Map<String, String> globals(Platform target, Map<String, String> buildArguments)
      throws SourceError {
    return GlobalScope.of(file, options, target, buildArguments);
  }

  /**
   * Images that are needed and not known, each with the place of its first use. Ask again with
   * them: their ONBUILD triggers may need more.
   */
  public Map<ImageKey, Range> missingImages(Platform target, Map<ImageKey, BaseImage> known)
      throws SourceError {
    return StageGraph.of(file, options, target, known, allStages).missing();
  }

  /**
   * Converts for one platform.
   *
   * @param images all that {@link #missingImages} asked for
   */
  public Converted convert(Platform target, Map<ImageKey, BaseImage> images) throws SourceError {
    return convert(target, images, ConversionListener.NONE);
  }

  /** The same; {@code listener} hears of every instruction once. */
  public Converted convert(
      Platform target, Map<ImageKey, BaseImage> images, ConversionListener listener)
      throws SourceError {
    StageGraph stages = StageGraph.of(file, options, target, images, allStages);
    if (!stages.missing().isEmpty()) {
      throw new IllegalArgumentException("images are not resolved: " + stages.missing().keySet());
    }
    Conversion first = new Conversion(file, options, stages, images, new TreeSet<>(), listener);
    Converted converted = first.run();
    SortedSet<String> paths = first.contextPaths();
    return paths.isEmpty()
        ? converted
        : new Conversion(file, options, stages, images, paths, ConversionListener.NONE).run();
  }
}
