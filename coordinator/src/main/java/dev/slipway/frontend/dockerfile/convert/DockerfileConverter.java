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

  public DockerfileConverter(BuildFile file, ConvertOptions options) {
    this.file = file;
    this.options = options;
  }

  /** The text that was converted, to point into it. */
  public SourceText source() {
    return file.source();
  }

  /**
   * Images that are needed and not known, each with the place of its first use. Ask again with
   * them: their ONBUILD triggers may need more.
   */
  public Map<ImageKey, Range> missingImages(Platform target, Map<ImageKey, BaseImage> known)
      throws SourceError {
    return StageGraph.of(file, options, target, known).missing();
  }

  /**
   * Converts for one platform.
   *
   * @param images all that {@link #missingImages} asked for
   */
  public Converted convert(Platform target, Map<ImageKey, BaseImage> images) throws SourceError {
    StageGraph stages = StageGraph.of(file, options, target, images);
    if (!stages.missing().isEmpty()) {
      throw new IllegalArgumentException("images are not resolved: " + stages.missing().keySet());
    }
    Conversion first = new Conversion(file, options, stages, images, new TreeSet<>());
    Converted converted = first.run();
    SortedSet<String> paths = first.contextPaths();
    return paths.isEmpty() ? converted : new Conversion(file, options, stages, images, paths).run();
  }
}
