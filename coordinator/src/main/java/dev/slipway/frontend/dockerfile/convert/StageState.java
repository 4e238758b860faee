package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.Edge;
import dev.slipway.graph.SourceMap.Range;
import java.util.ArrayList;
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

  /** Names of ARGs so far. */
  private final List<String> arguments = new ArrayList<>();

  /** Result so far; empty = scratch. */
  Optional<Edge> root;

  boolean commandSet;
  private final int steps;
  private int step;

  StageState(StagePlan plan, Conversion conversion, ImageSpecification image, Optional<Edge> root) {
    this.plan = plan;
    this.conversion = conversion;
    this.image = image;
    this.root = root;
    this.environment.putAll(image.environment());
    int count = plan.base() instanceof StagePlan.Base.Image ? 1 : 0;
    for (Located command : plan.commands()) {
      count +=
          switch (command.instruction()) {
            case Instruction.Copy copy -> 1;
            case Instruction.Run run -> 1;
            case Instruction.Workdir workdir -> 1;
            default -> 0;
          };
    }
    this.steps = count;
  }

  /**
   * Goes on where a parent stage ended; what its ARGs set is seen, but the history of a RUN names
   * only the stage's own.
   */
  static StageState after(StageState parent, StagePlan plan) {
    StageState state = new StageState(plan, parent.conversion, parent.image.copy(), parent.root);
    state.image.config().remove("OnBuild");
    state.environment.clear();
    state.environment.putAll(parent.environment);
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

  List<String> arguments() {
    return arguments;
  }

  void putEnvironment(String name, String value) {
    environment.remove(name);
    environment.put(name, value);
  }

  void addArgument(String name) {
    if (!arguments.contains(name)) {
      arguments.add(name);
    }
  }

  String expand(String text) throws SlipwayException {
    return lexer().word(text, environment);
  }

  String workingDirectory() {
    String directory = image.text("WorkingDir");
    return directory.isEmpty() ? "/" : directory;
  }

  List<String> shell() {
    List<String> shell = image.texts("Shell");
    return shell.isEmpty() ? List.of("/bin/sh", "-c") : shell;
  }

  void addHistory(String createdBy, boolean layer) {
    image.addHistory(createdBy, layer, conversion.options().epoch());
  }

  boolean ignoresCache() {
    return conversion
        .options()
        .noCache()
        .filter(stages ->
            stages.isEmpty()
                || stages.contains(plan.displayName())
                || plan.name().filter(stages::contains).isPresent())
        .isPresent();
  }

  /** Names the next numbered step: {@code [linux/amd64 build 2/5] RUN make}. */
  GraphBuilder.Label nextStep(String command, List<Range> ranges) {
    step++;
    StringBuilder name = new StringBuilder("[");
    if (conversion.options().platformPrefix()) {
      name.append(PlatformLabel.of(plan.platform(), environment)).append(' ');
    }
    if (!plan.displayName().isEmpty()) {
      name.append(plan.displayName()).append(' ');
    }
    String total = Integer.toString(steps);
    String number = Integer.toString(step);
    name.append(" ".repeat(total.length() - number.length()))
        .append(number)
        .append('/')
        .append(total)
        .append("] ")
        .append(command);
    return new GraphBuilder.Label(name.toString(), Optional.of(command), ignoresCache(), ranges);
  }

  /** A command line as it is shown: keyword in upper case, variables expanded. */
  String display(String text) {
    int end = 0;
    while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    return text.substring(0, end).toUpperCase(Locale.ROOT)
        + lexer().display(text.substring(end), environment);
  }
}
