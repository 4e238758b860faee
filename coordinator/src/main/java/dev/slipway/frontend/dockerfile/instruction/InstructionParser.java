package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.Instruction.CommandLine;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import dev.slipway.frontend.dockerfile.parser.Words;
import dev.slipway.graph.SourceMap.Range;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Makes an instruction of a statement, by keyword. */
public final class InstructionParser {
  private static final List<String> KEYWORDS =
      List.of(
          "ADD",
          "ARG",
          "CMD",
          "COPY",
          "ENTRYPOINT",
          "ENV",
          "EXPOSE",
          "FROM",
          "HEALTHCHECK",
          "LABEL",
          "MAINTAINER",
          "ONBUILD",
          "RUN",
          "SHELL",
          "STOPSIGNAL",
          "USER",
          "VOLUME",
          "WORKDIR");
  private static final Set<String> NOT_ON_BUILD = Set.of("ONBUILD", "FROM", "MAINTAINER");
  private static final Pattern STAGE_NAME = Pattern.compile("[a-z][a-z0-9-_.]*");

  private final SourceText source;
  private final char escape;

  public InstructionParser(SourceText source, char escape) {
    this.source = source;
    this.escape = escape;
  }

  /** Parses the text of an ONBUILD trigger; it stands where the stage that it fires in begins. */
  public Located parseTrigger(String expression, Range range) throws SourceError {
    Statement statement = DockerfileParser.parseInner(source, expression, escape, range);
    checkTrigger(statement.keyword(), range);
    return parse(statement);
  }

  /** Parses one statement. */
  public Located parse(Statement statement) throws SourceError {
    Instruction instruction =
        switch (statement.keyword()) {
          case "from" -> from(statement);
          case "arg" -> new PairParser(source, escape).arg(statement);
          case "env" ->
              new Instruction.Env(new PairParser(source, escape).pairs(withoutFlags(statement)));
          case "label" ->
              new Instruction.Label(new PairParser(source, escape).pairs(withoutFlags(statement)));
          case "run" ->
              new RunParser(source).parse(statement, command(statement, statement.arguments()));
          case "copy", "add" ->
              new CopyParser(source)
                  .parse(
                      statement,
                      json(statement, statement.arguments())
                          .orElseGet(() -> Words.fields(statement.arguments())));
          case "cmd" ->
              new Instruction.Cmd(command(withoutFlags(statement), statement.arguments()));
          case "entrypoint" ->
              new Instruction.Entrypoint(command(withoutFlags(statement), statement.arguments()));
          case "shell" -> shell(withoutFlags(statement));
          case "workdir" -> new Instruction.Workdir(required(withoutFlags(statement)).arguments());
          case "user" -> new Instruction.User(required(withoutFlags(statement)).arguments());
          case "stopsignal" -> new Instruction.StopSignal(required(statement).arguments());
          case "maintainer" ->
              new Instruction.Maintainer(required(withoutFlags(statement)).arguments());
          case "expose" -> expose(withoutFlags(statement));
          case "volume" -> volume(withoutFlags(statement));
          case "healthcheck" -> new HealthcheckParser(source).parse(statement);
          case "onbuild" -> onbuild(withoutFlags(statement));
          default -> {
            String keyword = Words.fields(statement.text()).getFirst();
            throw source.syntaxError(
                statement.range(),
                "unknown instruction: " + keyword + Suggestion.ignoringCase(keyword, KEYWORDS));
          }
        };
    return new Located(instruction, statement.text(), statement.range());
  }

  private Instruction from(Statement statement) throws SourceError {
    Flags flags = new Flags(source, statement, Map.of("platform", Flags.Kind.TEXT));
    List<String> words = Words.fields(statement.arguments());
    boolean named = words.size() == 3 && words.get(1).equalsIgnoreCase("as");
    if (words.size() != 1 && !named) {
      throw source.syntaxError(statement.range(), "FROM requires either one or three arguments");
    }
    Optional<String> name =
        named ? Optional.of(words.get(2).toLowerCase(Locale.ROOT)) : Optional.empty();
    if (named && !STAGE_NAME.matcher(name.get()).matches()) {
      throw source.syntaxError(
          statement.range(),
          "invalid name for build stage: \""
              + words.get(2)
              + "\", name can't start with a number or contain symbols");
    }
    return new Instruction.From(flags.text("platform"), words.getFirst(), name);
  }

  private Instruction shell(Statement statement) throws SourceError {
    Optional<List<String>> words = json(statement, statement.arguments());
    if (statement.arguments().isEmpty() || words.isPresent() && words.get().isEmpty()) {
      throw source.syntaxError(statement.range(), "SHELL requires at least one argument");
    }
    if (words.isEmpty()) {
      throw source.syntaxError(
          statement.range(), "SHELL requires the arguments to be in JSON form");
    }
    return new Instruction.Shell(words.get());
  }

  private Instruction expose(Statement statement) throws SourceError {
    List<String> ports = Words.fields(statement.arguments());
    if (ports.isEmpty()) {
      throw source.syntaxError(statement.range(), "EXPOSE requires at least one argument");
    }
    return new Instruction.Expose(ports.stream().sorted().toList());
  }

  private Instruction volume(Statement statement) throws SourceError {
    List<String> paths =
        json(statement, statement.arguments()).orElseGet(() -> Words.fields(statement.arguments()));
    if (paths.isEmpty()) {
      throw source.syntaxError(statement.range(), "VOLUME requires at least one argument");
    }
    if (paths.stream().anyMatch(String::isBlank)) {
      throw source.syntaxError(statement.range(), "VOLUME specified can not be an empty string");
    }
    return new Instruction.Volume(paths);
  }

  /** What it says is read when it fires; only what never may fire is refused here. */
  private Instruction onbuild(Statement statement) throws SourceError {
    if (statement.arguments().isEmpty()) {
      throw source.syntaxError(statement.range(), "ONBUILD requires at least one argument");
    }
    checkTrigger(Words.fields(statement.arguments()).getFirst(), statement.range());
    StringBuilder expression = new StringBuilder(statement.arguments());
    for (Heredoc heredoc : statement.heredocs()) {
      expression.append('\n').append(heredoc.content()).append(heredoc.name());
    }
    return new Instruction.Onbuild(expression.toString());
  }

  private void checkTrigger(String written, Range range) throws SourceError {
    String keyword = written.toUpperCase(Locale.ROOT);
    if (NOT_ON_BUILD.contains(keyword)) {
      throw source.syntaxError(
          range,
          keyword.equals("ONBUILD")
              ? "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
              : keyword + " isn't allowed as an ONBUILD trigger");
    }
  }

  private CommandLine command(Statement statement, String arguments) throws SourceError {
    Optional<List<String>> words = json(statement, arguments);
    return words
        .map(list -> new CommandLine(list, false))
        .orElseGet(() -> new CommandLine(List.of(arguments), true));
  }

  private Optional<List<String>> json(Statement statement, String arguments) throws SourceError {
    try {
      return Words.jsonArray(arguments);
    } catch (IllegalArgumentException e) {
      throw source.lexicalError(statement.range(), e.getMessage());
    }
  }

  private Statement withoutFlags(Statement statement) throws SourceError {
    Flags.check(source, statement);
    return statement;
  }

  private Statement required(Statement statement) throws SourceError {
    if (statement.arguments().isEmpty()) {
      throw source.syntaxError(
          statement.range(),
          statement.keyword().toUpperCase(Locale.ROOT) + " requires exactly one argument");
    }
    return statement;
  }
}
