package dev.slipway.frontend.dockerfile.lint;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.convert.BaseImage;
import dev.slipway.frontend.dockerfile.convert.ConversionListener;
import dev.slipway.frontend.dockerfile.convert.ImageKey;
import dev.slipway.frontend.dockerfile.convert.StageView;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Instruction.CommandLine;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Pair;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.Suggestion;
import dev.slipway.frontend.dockerfile.parser.Words;
import dev.slipway.frontend.dockerfile.shell.Lookups;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.SourceMap.Range;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Rules on the instructions of the stages that are converted. Confined to one conversion. */
public final class InstructionRules implements ConversionListener {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)");
  private static final Pattern NO_SECRET =
      Pattern.compile("(?i)(?:_|^)(?:public|file|version)(?:_|$)");

  /** Arguments that no step sees as variables: they are for who scans the result. */
  private static final Set<String> NO_VARIABLES =
      Set.of("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE");

  /** What instructions are looked at with: what the client asked for, what it keeps from us. */
  public record Surroundings(
      Map<String, String> buildArguments,
      Map<String, String> globals,
      List<String> ignorePatterns) {}

  private final Linter linter;
  private final Comments comments;
  private final BuildFile file;
  private final Surroundings surroundings;
  private final IgnoredSources ignored;
  private final BasePlatforms basePlatforms;
  private final Map<Integer, Stage> stages = new HashMap<>();

  /** What a stage has had so far. */
  private static final class Stage {
    private final Set<String> arguments = new HashSet<>();
    private final Map<Class<?>, Range> once = new HashMap<>();
    private boolean workdirKnown;
  }

  public InstructionRules(
      Linter linter, Comments comments, BuildFile file, Surroundings surroundings) {
    this.linter = linter;
    this.comments = comments;
    this.file = file;
    this.surroundings = surroundings;
    this.ignored = new IgnoredSources(linter, surroundings.ignorePatterns());
    this.basePlatforms = new BasePlatforms(linter, file, surroundings.globals());
  }

  @Override
  public void stageBegins(StageView view) {
    Stage stage = new Stage();
    view.parent()
        .map(stages::get)
        .ifPresent(parent -> {
          stage.arguments.addAll(parent.arguments);
          stage.workdirKnown = parent.workdirKnown;
        });
    stages.put(view.stage().index(), stage);
  }

  @Override
  public void image(Range range, ImageKey key, BaseImage image) {
    basePlatforms.image(range, key, image);
  }

  @Override
  public void instruction(StageView view, Located located) {
    Stage stage = stages.get(view.stage().index());
    List<String> before = isTriggered(located) ? List.of() : comments.before(located.range());
    undefined(view, stage, located, before);
    switch (located.instruction()) {
      case Instruction.Env env -> env(view, located, env, before);
      case Instruction.Label _ -> legacy(located, before);
      case Instruction.Arg arg -> arg(stage, located, arg, before);
      case Instruction.Workdir workdir -> workdir(view, stage, located, workdir, before);
      case Instruction.Cmd cmd -> command(view, stage, located, cmd.command(), before);
      case Instruction.Entrypoint entrypoint ->
          command(view, stage, located, entrypoint.command(), before);
      case Instruction.Healthcheck _ -> once(stage, located, before);
      case Instruction.Expose expose -> expose(view, located, expose, before);
      case Instruction.Copy copy -> {
        basePlatforms.copies(located.range(), copy.from());
        if (copy.from().isEmpty()) {
          for (String source : copy.sources()) {
            ignored.source(copy.add(), expand(view, source), located.range(), before);
          }
        }
      }
      default -> {}
    }
  }

  private void undefined(StageView view, Stage stage, Located located, List<String> before) {
    for (VariableWords.Word word :
        VariableWords.of(located.instruction(), surroundings.buildArguments().keySet())) {
      Lookups lookups = new Lookups(view.environment());
      try {
        word.expand(new ShellLexer(file.escape()), lookups);
      } catch (SlipwayException _) {
        // The conversion says the same as an error; names that it asked for before count.
      }
      for (String name : lookups.unmatched()) {
        if (!stage.arguments.contains(name) && !NO_VARIABLES.contains(name)) {
          linter.warn(
              Rule.UNDEFINED_VAR,
              before,
              located.range(),
              name,
              Suggestion.of(name, view.environment().keySet(), "$"));
        }
      }
    }
  }

  private void env(StageView view, Located located, Instruction.Env env, List<String> before) {
    legacy(located, before);
    for (Pair pair : env.pairs()) {
      secret("ENV", expand(view, pair.name()), located, before);
    }
  }

  private void arg(Stage stage, Located located, Instruction.Arg arg, List<String> before) {
    for (Instruction.Arg.Declaration declaration : arg.declarations()) {
      secret("ARG", declaration.name(), located, before);
      stage.arguments.add(declaration.name());
    }
  }

  private void secret(String instruction, String name, Located located, List<String> before) {
    if (SECRET.matcher(name).find() && !NO_SECRET.matcher(name).find()) {
      linter.warn(Rule.SECRETS_USED_IN_ARG_OR_ENV, before, located.range(), instruction, name);
    }
  }

  private void legacy(Located located, List<String> before) {
    String text = inner(located);
    String keyword = Words.fields(text).getFirst();
    List<String> words = Words.split(text.substring(keyword.length()), file.escape());
    if (!words.isEmpty() && words.getFirst().indexOf('=') < 0) {
      linter.warn(Rule.LEGACY_KEY_VALUE_FORMAT, before, located.range(), keyword);
    }
  }

  /** The first one decides: it makes what follows it relative to something known. */
  private void workdir(
      StageView view,
      Stage stage,
      Located located,
      Instruction.Workdir workdir,
      List<String> before) {
    String path = expand(view, workdir.path());
    if (!stage.workdirKnown && !path.startsWith("/")) {
      linter.warn(Rule.WORKDIR_RELATIVE_PATH, before, located.range(), path);
    }
    stage.workdirKnown = true;
  }

  private void command(
      StageView view, Stage stage, Located located, CommandLine command, List<String> before) {
    once(stage, located, before);
    if (command.shell() && !view.namesShell()) {
      linter.warn(
          Rule.JSON_ARGS_RECOMMENDED,
          before,
          located.range(),
          Words.fields(inner(located)).getFirst());
    }
  }

  /** The one before is the one that does nothing, so it is shown. */
  private void once(Stage stage, Located located, List<String> before) {
    Range earlier = stage.once.put(located.instruction().getClass(), located.range());
    if (earlier != null) {
      linter.warn(
          Rule.MULTIPLE_INSTRUCTIONS_DISALLOWED,
          before,
          earlier,
          Words.fields(inner(located)).getFirst());
    }
  }

  private void expose(
      StageView view, Located located, Instruction.Expose expose, List<String> before) {
    for (String text : expose.ports()) {
      List<String> ports;
      try {
        ports = new ShellLexer(file.escape()).words(text, view.environment());
      } catch (SlipwayException _) {
        return; // The conversion says the same as an error.
      }
      for (String port : ports) {
        int slash = port.indexOf('/', Math.max(0, port.lastIndexOf(':')));
        String protocol = slash < 0 ? "" : port.substring(slash + 1);
        if (!protocol.equals(protocol.toLowerCase(Locale.ROOT))) {
          linter.warn(Rule.EXPOSE_PROTO_CASING, before, located.range(), port);
        }
        if (port.indexOf(':') > 0) {
          linter.warn(Rule.EXPOSE_INVALID_FORMAT, before, located.range(), port);
        }
      }
    }
  }

  private String expand(StageView view, String text) {
    try {
      return new ShellLexer(file.escape()).word(text, view.environment());
    } catch (SlipwayException _) {
      return text; // The conversion says the same as an error.
    }
  }

  /** The line of the instruction, of the triggered one where it is a trigger. */
  private static String inner(Located located) {
    return isTriggered(located)
        ? located.text().substring(StageRules.keyword(located).length()).strip()
        : located.text();
  }

  /** Triggers stand in the place of the FROM that they fire in, whose comments are not theirs. */
  private static boolean isTriggered(Located located) {
    return StageRules.keyword(located).equalsIgnoreCase("ONBUILD")
        && !(located.instruction() instanceof Instruction.Onbuild);
  }
}
