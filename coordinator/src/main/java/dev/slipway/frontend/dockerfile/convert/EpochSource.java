package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.Op;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Where the date comes from that everything made bears: what SOURCE_DATE_EPOCH says. */
public sealed interface EpochSource {
  /** Nothing was asked for. */
  record None() implements EpochSource {}

  /** A number, since 1970. */
  record Seconds(long seconds) implements EpochSource {}

  /** The date of the build context. */
  record OfContext() implements EpochSource {}

  /** The date of a named context. */
  record OfNamed(ContextKey key) implements EpochSource {}

  /** The date of what a stage that does nothing else fetches. */
  record OfStage(String name, Op.Source source) implements EpochSource {}

  /** Reads what was asked for. */
  static EpochSource of(BuildFile file, ConvertOptions options, GlobalScope globals)
      throws SourceError {
    Optional<String> written = globals.epoch();
    if (written.isEmpty()) {
      return new None();
    }
    String value = written.get();
    if (value.matches("[-+]?[0-9]{1,18}")) {
      return new Seconds(Long.parseLong(value));
    }
    if (value.equals("context")) {
      return new OfContext();
    }
    Optional<ContextKey> named = options.namedContexts().find(value, globals.target());
    if (named.isPresent()) {
      return new OfNamed(named.get());
    }
    Optional<Integer> stage = StageNames.find(file, value);
    if (stage.isEmpty()) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              file.stages().getLast().from().range(),
              "invalid SOURCE_DATE_EPOCH: " + value);
    }
    BuildFile.Stage source = file.stages().get(stage.get());
    try {
      Map<String, String> environment = new LinkedHashMap<>(globals.values());
      environment.remove(GlobalScope.EPOCH);
      return new OfStage(
          source.base().name().orElse(value),
          fetched(source, globals, environment, new ShellLexer(file.escape())));
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), source.from().range(), e.getMessage());
    }
  }

  private static Op.Source fetched(
      BuildFile.Stage stage, GlobalScope globals, Map<String, String> environment, ShellLexer lexer)
      throws SlipwayException {
    if (!lexer.word(stage.base().base(), environment).equals("scratch")) {
      throw invalid("SOURCE_DATE_EPOCH stage must use FROM scratch");
    }
    Optional<Op.Source> found = Optional.empty();
    for (Located located : stage.instructions()) {
      switch (located.instruction()) {
        case Instruction.Arg arg -> {
          for (Instruction.Arg.Declaration declaration : arg.declarations()) {
            String given = globals.buildArguments().get(declaration.name());
            if (given != null) {
              environment.put(declaration.name(), given);
            } else if (declaration.value().isPresent()) {
              environment.put(
                  declaration.name(), lexer.word(declaration.value().get(), environment));
            }
          }
        }
        case Instruction.Copy add when add.add() -> {
          if (found.isPresent()) {
            throw invalid("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD");
          }
          found = Optional.of(remote(add, environment, lexer));
        }
        default ->
            throw invalid(
                "SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported "
                    + located.text().split("\\s", 2)[0].toLowerCase(Locale.ROOT)
                    + " instruction");
      }
    }
    return found.orElseThrow(
        () -> invalid("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD"));
  }

  private static Op.Source remote(
      Instruction.Copy add, Map<String, String> environment, ShellLexer lexer)
      throws SlipwayException {
    if (!add.documents().isEmpty() || add.sources().size() != 1) {
      throw invalid("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source");
    }
    String source = lexer.word(add.sources().getFirst(), environment);
    Optional<String> checksum =
        add.options().checksum().isPresent()
            ? Optional.of(lexer.word(add.options().checksum().get(), environment))
            : Optional.empty();
    if (RemoteSources.isWeb(source)) {
      return RemoteSources.http(source, RemoteSources.filename(source), checksum);
    }
    GitReference git =
        GitReference.parse(source)
            .filter(reference -> !reference.likeLocal())
            .orElseThrow(() ->
                invalid("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD"));
    return RemoteSources.git(
        git.with(checksum, add.options().keepGitDirectory().filter(keep -> keep)));
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
