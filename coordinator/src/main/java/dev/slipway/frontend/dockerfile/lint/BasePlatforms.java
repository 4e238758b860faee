package dev.slipway.frontend.dockerfile.lint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.convert.BaseImage;
import dev.slipway.frontend.dockerfile.convert.ImageKey;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Images that are for another platform than the build is. Confined to one conversion. */
final class BasePlatforms {
  private final Linter linter;

  /** What images are called where they are used, by the first line of the place. */
  private final Map<Integer, String> names = new HashMap<>();

  BasePlatforms(Linter linter, BuildFile file, Map<String, String> globals) {
    this.linter = linter;
    for (BuildFile.Stage stage : file.stages()) {
      String written = stage.base().base();
      String name;
      try {
        name = new ShellLexer(file.escape()).word(written, globals);
      } catch (SlipwayException _) {
        name = written; // The conversion says the same as an error.
      }
      names.put(stage.from().range().startLine(), name);
    }
  }

  /** A copy begins. @param from what it copies from, if not from the context */
  void copies(Range range, Optional<String> from) {
    from.ifPresent(name -> names.put(range.startLine(), name));
  }

  void image(Range range, ImageKey key, BaseImage image) {
    JsonNode config;
    try {
      config = OciJson.tree(image.config());
    } catch (SlipwayException _) {
      return; // The conversion says the same as an error.
    }
    String os = config.path("os").asText();
    String architecture = config.path("architecture").asText();
    boolean empty = config.at("/rootfs/diff_ids").isEmpty();
    if (empty || os.isEmpty() || architecture.isEmpty()) {
      return;
    }
    Platform actual =
        new Platform(
            os, architecture, config.path("variant").asText(), config.path("os.version").asText());
    Platform expected = key.platform();
    if (!expected.os().equals(actual.os())
        || !expected.architecture().equals(actual.architecture())) {
      linter.warn(
          Rule.INVALID_BASE_IMAGE_PLATFORM,
          range,
          names.getOrDefault(range.startLine(), key.reference()),
          actual.id(),
          expected.id());
    }
  }
}
