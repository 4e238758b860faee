package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.Edge;
import dev.slipway.graph.SourceMap.Range;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A stage while its instructions are applied. Confined to one conversion. */
final class StageState implements StageView {
  final StagePlan plan;
  final Conversion conversion;
  final ImageSpecification image;

  /** What a RUN sees: the image's variables and ARGs, the last one set counts. */
  private final Map<String, String> environment = new LinkedHashMap<>();

  /** ARGs so far, the parent stage's first, with what they were set to. */
  private final Map<String, String> arguments = new LinkedHashMap<>();

  /** Result so far; empty = scratch. */
  Optional<Edge> root;

  /** Name of the use of a client's directory that the stage starts from. */
  Optional<String> directory = Optional.empty();

  boolean commandSet;
  private final int steps;
  private int step;
  private boolean trigger;

  StageState(StagePlan plan, Conversion conversion, ImageSpecification image, Optional<Edge> root) {
    this.plan = plan;
    this.conversion = conversion;
    this.image = image;
    this.root = root;
    this.environment.putAll(image.environment());
    this.steps = steps(plan);
  }

  private static int steps(StagePlan plan) {
    int count =
        switch (plan.base()) {
          case StagePlan.Base.Image _, StagePlan.Base.Context _ -> 1;
          case StagePlan.Base.Scratch _, StagePlan.Base.Parent _ -> 0;
        };
    for (StagePlan.Command command : plan.commands()) {
      count +=
          switch (command.located().instruction()) {
            case Instruction.Copy _, Instruction.Run _, Instruction.Workdir _ -> 1;
            // Triggers count whatever they do, as BuildKit has it.
            default -> command.trigger() ? 1 : 0;
          };
    }
    return count;
  }

  /** Goes on where a parent stage ended, with what its ARGs set. */
  static StageState after(StageState parent, StagePlan plan) {
    StageState state = new StageState(plan, parent.conversion, parent.image.copy(), parent.root);
    state.image.config().remove("OnBuild");
    state.environment.clear();
    state.environment.putAll(parent.environment);
    state.arguments.putAll(parent.arguments);
    state.directory = parent.directory;
    return state;
  }

  ShellLexer lexer() {
    return conversion.lexer();
  }

  @Override
  public BuildFile.Stage stage() {
    return plan.stage();
  }

  @Override
  public Optional<Integer> parent() {
    return plan.base() instanceof StagePlan.Base.Parent(int parent)
        ? Optional.of(parent)
        : Optional.empty();
  }

  @Override
  public Map<String, String> environment() {
    return environment;
  }

  @Override
  public boolean namesShell() {
    return !image.texts("Shell").isEmpty();
  }

  Map<String, String> arguments() {
    return arguments;
  }

  void putEnvironment(String name, String value) {
    environment.remove(name);
    environment.put(name, value);
  }

  /**
   * @param value empty when it has none
   */
  void addArgument(String name, String value) {
    arguments.put(name, value);
  }

  String expand(String text) throws SlipwayException {
    return lexer().word(text, environment);
  }

  Optional<String> expand(Optional<String> text) throws SlipwayException {
    return text.isPresent() ? Optional.of(expand(text.get())) : text;
  }

  String workingDirectory() {
    String current = image.text("WorkingDir");
    return current.isEmpty() ? "/" : current;
  }

  List<String> shell() {
    List<String> shell = image.texts("Shell");
    if (!shell.isEmpty()) {
      return shell;
    }
    return image.isWindows() ? List.of("cmd", "/S", "/C") : List.of("/bin/sh", "-c");
  }

  void addHistory(String createdBy, boolean layer) {
    image.addHistory(createdBy, layer, conversion.epoch());
  }

  boolean ignoresCache() {
    return conversion
        .options()
        .noCache()
        .filter(stages -> stages.isEmpty() || plan.name().filter(stages::contains).isPresent())
        .isPresent();
  }

  /** All that follows belongs to this instruction. */
  void begin(StagePlan.Command command) {
    trigger = command.trigger();
  }

  /** Names the next numbered step: {@code [linux/amd64 build 2/5] RUN make}. */
  GraphBuilder.Label nextStep(String command, Range range) {
    step++;
    return GraphBuilder.Label.of(numbered(command), range);
  }

  /** The name that {@link #nextStep} gave to the current step, for another part of it. */
  String numbered(String command) {
    return numbered(step, command);
  }

  /** The name that {@link #nextStep} will give to the step that follows. */
  String numberedNext(String command) {
    return numbered(step + 1, command);
  }

  private String numbered(int at, String command) {
    StringBuilder name = new StringBuilder("[");
    if (conversion.options().platformPrefix()) {
      name.append(PlatformLabel.of(plan.platform(), environment)).append(' ');
    }
    if (!plan.displayName().isEmpty()) {
      name.append(plan.displayName()).append(' ');
    }
    String total = Integer.toString(steps);
    String number = Integer.toString(at);
    return name.append(" ".repeat(Math.max(0, total.length() - number.length())))
        .append(number)
        .append('/')
        .append(total)
        .append("] ")
        .append(trigger ? "ONBUILD " : "")
        .append(command)
        .toString();
  }

  /** A line as it is shown: keyword in upper case, variables expanded where that can be done. */
  String display(String text) {
    String shown;
    try {
      shown = lexer().word(text, environment);
    } catch (SlipwayException _) {
      shown = text;
    }
    return upperKeyword(shown);
  }

  /** A line with its first word in upper case. */
  static String upperKeyword(String text) {
    int end = text.indexOf(' ');
    return end < 0
        ? text.toUpperCase(Locale.ROOT)
        : text.substring(0, end).toUpperCase(Locale.ROOT) + text.substring(end);
  }
}
