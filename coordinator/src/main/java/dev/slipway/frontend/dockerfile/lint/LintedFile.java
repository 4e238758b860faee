package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.convert.ConversionListener;
import dev.slipway.frontend.dockerfile.convert.DockerfileConverter;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.parser.ParsedText;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Dockerfile that the rules look at while it is read: what is wrong up to an error is told before
 * the error. Confined to one thread.
 */
public final class LintedFile {
  private final Linter linter;
  private final Comments comments;
  private final BuildFile file;

  private LintedFile(Linter linter, Comments comments, BuildFile file) {
    this.linter = linter;
    this.comments = comments;
    this.file = file;
  }

  /** Reads it. */
  public static LintedFile read(SourceText source, Linter linter) throws SourceError {
    ParsedText text = DockerfileParser.parse(source);
    Comments comments = Comments.of(text);
    StatementRules rules = new StatementRules(linter, comments, text.escape());
    rules.lines(text);
    return new LintedFile(linter, comments, BuildFile.of(text, rules::statement));
  }

  public BuildFile file() {
    return file;
  }

  public Comments comments() {
    return comments;
  }

  /**
   * Looks at the stages; call it once, before the conversion for the first platform.
   *
   * @param ignorePatterns what copies from the context do not see
   * @return who listens to that conversion
   */
  public ConversionListener stages(
      DockerfileConverter converter,
      Optional<Platform> platform,
      Map<String, String> buildArguments,
      List<String> ignorePatterns)
      throws SourceError {
    StageRules stages = new StageRules(linter, comments, file);
    stages.names();
    try {
      stages.defaults(converter.globals(platform, Map.of()));
    } catch (SourceError _) {
      // Without build arguments it cannot be built at all; with them it may.
    }
    Map<String, String> globals = converter.globals(platform);
    stages.bases(globals);
    return new InstructionRules(
        linter,
        comments,
        file,
        new InstructionRules.Surroundings(buildArguments, globals, ignorePatterns));
  }
}
