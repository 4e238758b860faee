package dev.slipway.frontend.dockerfile.instruction;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.Instruction.CommandLine;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.dockerfile.parser.Statement;
import dev.slipway.frontend.dockerfile.parser.Words;
import dev.slipway.graph.SourceMap.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
  private static final Set<String> NONE = Set.of();
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
    checkTrigger(statement);
    Located inner = parse(statement);
    return new Located(inner.instruction(), "ONBUILD " + inner.text(), range);
  }

  /** Parses one statement. */
  public Located parse(Statement statement) throws SourceError {
    Instruction instruction =
        switch (statement.keyword()) {
          case "from" -> from(statement);
          case "arg" -> new PairParser(source, escape).arg(withoutFlags(statement));
          case "env" ->
              new Instruction.Env(new PairParser(source, escape).pairs(withoutFlags(statement)));
          case "label" ->
              new Instruction.Label(new PairParser(source, escape).pairs(withoutFlags(statement)));
          case "run" -> run(statement);
          case "copy", "add" -> copy(statement);
          case "cmd" ->
              new Instruction.Cmd(command(withoutFlags(statement), statement.arguments()));
          case "entrypoint" ->
              new Instruction.Entrypoint(
                  command(required(withoutFlags(statement)), statement.arguments()));
          case "shell" -> shell(withoutFlags(statement));
          case "workdir" -> new Instruction.Workdir(required(withoutFlags(statement)).arguments());
          case "user" -> new Instruction.User(required(withoutFlags(statement)).arguments());
          case "stopsignal" ->
              new Instruction.StopSignal(required(withoutFlags(statement)).arguments());
          case "maintainer" ->
              new Instruction.Maintainer(required(withoutFlags(statement)).arguments());
          case "expose" ->
              new Instruction.Expose(Words.fields(required(withoutFlags(statement)).arguments()));
          case "volume" -> volume(withoutFlags(statement));
          case "healthcheck" -> new HealthcheckParser(source).parse(statement);
          case "onbuild" -> onbuild(withoutFlags(statement));
          default -> {
            String keyword = statement.keyword().toUpperCase(Locale.ROOT);
            throw source.syntaxError(
                statement.range(),
                "unknown instruction: " + keyword + Suggestion.of(keyword, KEYWORDS));
          }
        };
    return new Located(instruction, statement.text(), statement.range());
  }

  private Instruction from(Statement statement) throws SourceError {
    Flags flags = new Flags(source, statement, Set.of("platform"), NONE);
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
    return new Instruction.From(flags.value("platform"), words.getFirst(), name);
  }

  private Instruction run(Statement statement) throws SourceError {
    Flags flags =
        new Flags(source, statement, Set.of("mount", "network", "security"), Set.of("device"));
    Optional<String> network = flags.value("network");
    if (network.isPresent() && !Set.of("default", "none", "host").contains(network.get())) {
      throw source.syntaxError(statement.range(), "invalid network mode \"" + network.get() + "\"");
    }
    Optional<String> security = flags.value("security");
    if (security.isPresent() && security.get().equals("insecure")) {
      throw source.unsupported(statement.range(), "RUN --security=insecure");
    }
    if (security.isPresent() && !security.get().equals("sandbox")) {
      throw source.syntaxError(
          statement.range(), "security \"" + security.get() + "\" is not valid");
    }
    for (String mount : flags.all("mount")) {
      try {
        MountOption.check(mount);
      } catch (SlipwayException e) {
        throw e.kind() == ErrorKind.UNSUPPORTED
            ? source.error(e.kind(), statement.range(), "RUN " + e.getMessage())
            : source.syntaxError(statement.range(), e.getMessage());
      }
    }
    CommandLine command = command(required(statement), statement.arguments());
    if (!statement.heredocs().isEmpty() && !command.shell()) {
      throw source.syntaxError(
          statement.range(), "parsing produced an invalid run command: " + command.words());
    }
    return new Instruction.Run(command, statement.heredocs(), flags.all("mount"), network);
  }

  private Instruction copy(Statement statement) throws SourceError {
    boolean add = statement.keyword().equals("add");
    Flags flags =
        add
            ? new Flags(
                source,
                statement,
                Set.of("chown", "chmod"),
                Set.of("link", "exclude", "keep-git-dir", "checksum", "unpack"))
            : new Flags(
                source,
                statement,
                Set.of("chown", "chmod", "from"),
                Set.of("link", "exclude", "parents"));
    String keyword = add ? "ADD" : "COPY";
    List<String> words =
        json(statement, statement.arguments()).orElseGet(() -> Words.fields(statement.arguments()));
    if (words.isEmpty()) {
      throw source.syntaxError(statement.range(), keyword + " requires at least one argument");
    }
    if (words.size() < 2) {
      throw source.syntaxError(
          statement.range(),
          keyword
              + " requires at least two arguments, but only one was provided. Destination could not be determined");
    }
    String destination = words.getLast();
    List<String> sources = new ArrayList<>();
    int documents = 0;
    for (String word : words.subList(0, words.size() - 1)) {
      boolean isDocument =
          documents < statement.heredocs().size() && Heredoc.open(word, escape).isPresent();
      if (isDocument) {
        documents++;
      } else {
        sources.add(word);
      }
    }
    if (documents < statement.heredocs().size()) {
      throw source.syntaxError(
          statement.range(), keyword + " cannot accept a heredoc as a destination");
    }
    return new Instruction.Copy(
        add,
        sources,
        statement.heredocs(),
        destination,
        flags.value("from"),
        flags.value("chown"),
        flags.value("chmod"));
  }

  private Instruction shell(Statement statement) throws SourceError {
    Optional<List<String>> words = json(statement, statement.arguments());
    if (words.isEmpty() || words.get().isEmpty()) {
      throw source.syntaxError(
          statement.range(), "SHELL requires the arguments to be in JSON form");
    }
    return new Instruction.Shell(words.get());
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

  private Instruction onbuild(Statement statement) throws SourceError {
    StringBuilder expression = new StringBuilder(required(statement).arguments());
    for (Heredoc heredoc : statement.heredocs()) {
      expression.append('\n').append(heredoc.content()).append(heredoc.name());
    }
    Statement inner =
        DockerfileParser.parseInner(source, expression.toString(), escape, statement.range());
    checkTrigger(inner);
    parse(inner);
    return new Instruction.Onbuild(expression.toString());
  }

  private void checkTrigger(Statement inner) throws SourceError {
    String keyword = inner.keyword().toUpperCase(Locale.ROOT);
    if (NOT_ON_BUILD.contains(keyword)) {
      throw source.syntaxError(
          inner.range(),
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
      throw source.syntaxError(statement.range(), e.getMessage());
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
