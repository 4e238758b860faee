package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.InstructionParser;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.Suggestion;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which stages are built, from which images and contexts: everything that the target reaches,
 * nothing else. What only names things is checked in all stages.
 */
final class StageGraph {
  /** Triggers are written without the file's directives, so with the usual escape character. */
  private static final char TRIGGER_ESCAPE = '\\';

  private final BuildFile file;
  private final ConvertOptions options;
  private final GlobalScope globals;
  private final Resolved resolved;
  private final boolean hideNames;
  private final int target;
  private final List<StageFrom> froms = new ArrayList<>();
  private final Map<Integer, StagePlan> plans = new TreeMap<>();
  private final Map<ImageKey, Missing.Use> missingImages = new LinkedHashMap<>();
  private final Map<ContextKey, Missing.Use> missingContexts = new LinkedHashMap<>();

  /** Of all stages so far, triggers included. */
  private int instructions;

  private StageGraph(BuildFile file, ConvertOptions options, GlobalScope globals, Resolved resolved)
      throws SourceError {
    this.file = file;
    this.options = options;
    this.globals = globals;
    this.resolved = resolved;
    for (BuildFile.Stage stage : file.stages()) {
      froms.add(StageFrom.read(file, stage, globals, options));
    }
    this.target = target();
    this.hideNames = StageNames.areHidden(file);
  }

  /**
   * Follows the target's needs; what needs something that is not among {@code resolved} is left out
   * and told by {@link #missing()}.
   *
   * @param allStages whether the stages that the target does not need are followed too
   */
  static StageGraph of(
      BuildFile file,
      ConvertOptions options,
      GlobalScope globals,
      Resolved resolved,
      boolean allStages)
      throws SourceError {
    StageGraph graph = new StageGraph(file, options, globals, resolved);
    graph.checkNames();
    if (allStages) {
      for (BuildFile.Stage stage : file.stages()) {
        graph.visit(stage.index(), new HashSet<>());
      }
    }
    graph.visit(graph.target, new HashSet<>());
    return graph;
  }

  /** Stages by index, in the order of the file. */
  Map<Integer, StagePlan> plans() {
    return plans;
  }

  int targetStage() {
    return target;
  }

  GlobalScope globals() {
    return globals;
  }

  Missing missing() {
    return new Missing(missingImages, missingContexts, StageNames.all(file));
  }

  private int target() throws SourceError {
    if (options.target().isEmpty()) {
      return file.stages().size() - 1;
    }
    String name = options.target().get();
    Optional<Integer> index = StageNames.find(file, name);
    if (index.isEmpty()) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              file.stages().getLast().from().range(),
              "target stage \""
                  + name
                  + "\" could not be found"
                  + Suggestion.of(name, StageNames.all(file)));
    }
    return index.get();
  }

  /** Every {@code --from} must be one, and no stage may need itself; unused stages count too. */
  private void checkNames() throws SourceError {
    Map<Integer, Map<Integer, Range>> needs = new HashMap<>();
    for (BuildFile.Stage stage : file.stages()) {
      Map<Integer, Range> stages = new LinkedHashMap<>();
      for (Located located : stage.instructions()) {
        for (StagePlan.From from : froms(located).values()) {
          if (from instanceof StagePlan.From.OtherStage(int other)) {
            stages.putIfAbsent(other, located.range());
          }
        }
      }
      needs.put(stage.index(), stages);
    }
    new StageCycles(file, needs).check();
  }

  /** What the {@code --from} of an instruction mean, by their texts. */
  private Map<String, StagePlan.From> froms(Located located) throws SourceError {
    Map<String, StagePlan.From> found = new LinkedHashMap<>();
    switch (located.instruction()) {
      case Instruction.Copy copy when copy.from().isPresent() -> {
        String name = copy.from().get();
        found.put(name, copyFrom(name, located.range()));
      }
      case Instruction.Run run -> {
        for (String mount : run.mounts()) {
          Optional<String> name = StageNames.mountFrom(file.source(), located, mount);
          if (name.isPresent()) {
            found.put(name.get(), from(name.get(), located.range()));
          }
        }
      }
      default -> {}
    }
    return found;
  }

  private StagePlan.From copyFrom(String name, Range range) throws SourceError {
    try {
      if (!new ShellLexer(TRIGGER_ESCAPE).word(name, Map.of()).equals(name)) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround");
      }
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), range, e.getMessage());
    }
    if (!name.matches("[-+]?[0-9]+")) {
      return from(name, range);
    }
    if (name.length() > 6
        || name.startsWith("-")
        || Integer.parseInt(name) >= file.stages().size()) {
      throw file.source().error(ErrorKind.INVALID, range, "invalid stage index " + name);
    }
    return new StagePlan.From.OtherStage(Integer.parseInt(name));
  }

  private StagePlan.From from(String name, Range range) throws SourceError {
    Optional<Integer> stage = StageNames.find(file, name);
    if (stage.isPresent()) {
      return new StagePlan.From.OtherStage(stage.get());
    }
    if (name.equals("scratch")) {
      return new StagePlan.From.Scratch();
    }
    String reference = StageFrom.reference(file, name, range);
    Optional<ContextKey> context = options.namedContexts().find(reference, globals.target());
    return context.isPresent()
        ? new StagePlan.From.Context(context.get())
        : new StagePlan.From.Image(new ImageKey(reference, globals.target()));
  }

  private void visit(int index, Set<Integer> open) throws SourceError {
    BuildFile.Stage stage = file.stages().get(index);
    Range range = stage.from().range();
    if (plans.containsKey(index)) {
      return;
    }
    if (!open.add(index)) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              range,
              "circular dependency detected on stage: " + StageNames.of(stage));
    }
    StageFrom from = froms.get(index);
    boolean replaced = from.base() instanceof StagePlan.Base.Context(_, boolean whole) && whole;
    List<StagePlan.Command> commands = new ArrayList<>();
    if (from.base() instanceof StagePlan.Base.Parent(int parent)) {
      visit(parent, open);
    }
    need(from, range);
    if (!replaced) {
      commands.addAll(triggers(from, range));
      count(stage.instructions().size(), range);
      stage.instructions().forEach(located -> commands.add(new StagePlan.Command(located, false)));
    }
    Map<String, StagePlan.From> copies = new HashMap<>();
    Map<String, StagePlan.From> mounts = new HashMap<>();
    for (StagePlan.Command command : commands) {
      Map<String, StagePlan.From> sources = froms(command.located());
      for (Map.Entry<String, StagePlan.From> source : sources.entrySet()) {
        need(source.getValue(), source.getKey(), command.located().range(), open);
      }
      (command.located().instruction() instanceof Instruction.Copy ? copies : mounts)
          .putAll(sources);
    }
    open.remove(index);
    plans.put(
        index,
        new StagePlan(
            stage,
            hideNames ? "" : StageNames.of(stage),
            platform(from),
            from.base(),
            commands,
            new StagePlan.Sources(copies, mounts)));
  }

  private void need(StageFrom from, Range range) {
    switch (from.base()) {
      case StagePlan.Base.Image(ImageKey key) -> need(key, from.name(), range);
      case StagePlan.Base.Context(ContextKey key, _) -> need(key, from.name(), range);
      case StagePlan.Base.Scratch _, StagePlan.Base.Parent _ -> {}
    }
  }

  private void need(StagePlan.From from, String name, Range range, Set<Integer> open)
      throws SourceError {
    switch (from) {
      case StagePlan.From.OtherStage(int stage) -> visit(stage, open);
      case StagePlan.From.Image(ImageKey key) -> need(key, name, range);
      case StagePlan.From.Context(ContextKey key) -> need(key, name, range);
      case StagePlan.From.Scratch _ -> {}
    }
  }

  private void need(ImageKey key, String written, Range range) {
    if (!resolved.images().containsKey(key)) {
      missingImages.putIfAbsent(key, new Missing.Use(written, range));
    }
  }

  private void need(ContextKey key, String written, Range range) {
    if (!resolved.contexts().containsKey(key)) {
      missingContexts.putIfAbsent(key, new Missing.Use(written, range));
    }
  }

  /**
   * The platform of a stage's steps: the parent's, else the one asked for. Scratch has the target's
   * whatever was asked for; an image that nobody asked a platform of may have its own.
   */
  private Platform platform(StageFrom from) {
    return switch (from.base()) {
      case StagePlan.Base.Parent(int parent) -> plans.get(parent).platform();
      case StagePlan.Base.Scratch _ -> globals.target();
      case StagePlan.Base.Image(ImageKey key) ->
          from.platform().isEmpty() && resolved.images().containsKey(key)
              ? own(resolved.images().get(key).config())
              : key.platform();
      case StagePlan.Base.Context(ContextKey key, boolean whole) ->
          whole && resolved.contexts().containsKey(key)
              ? resolved
                  .contexts()
                  .get(key)
                  .imageConfig()
                  .flatMap(ImageSpecification::platform)
                  .orElse(key.platform())
              : key.platform();
    };
  }

  private Platform own(byte[] config) {
    Platform platform = globals.target();
    Optional<Platform> image = ImageSpecification.platform(config);
    if (!globals.implicit() || image.isEmpty() || isSameMachine(image.get(), platform)) {
      return platform;
    }
    return options.buildPlatforms().stream()
        .filter(candidate -> isSameMachine(candidate, image.get()))
        .findFirst()
        .orElse(platform);
  }

  private static boolean isSameMachine(Platform a, Platform b) {
    return a.os().equals(b.os()) && a.architecture().equals(b.architecture());
  }

  private List<StagePlan.Command> triggers(StageFrom from, Range range) throws SourceError {
    List<String> expressions =
        switch (from.base()) {
          case StagePlan.Base.Image(ImageKey key) when resolved.images().containsKey(key) ->
              triggers(Optional.of(resolved.images().get(key).config()), range);
          case StagePlan.Base.Context(ContextKey key, _)
              when resolved.contexts().containsKey(key) ->
              triggers(resolved.contexts().get(key).imageConfig(), range);
          case StagePlan.Base.Parent(int parent) -> parentTriggers(parent, range);
          case StagePlan.Base.Image _, StagePlan.Base.Context _, StagePlan.Base.Scratch _ ->
              List.of();
        };
    count(expressions.size(), range);
    InstructionParser parser = new InstructionParser(file.source(), TRIGGER_ESCAPE);
    List<StagePlan.Command> commands = new ArrayList<>(expressions.size());
    for (String expression : expressions) {
      commands.add(new StagePlan.Command(parser.parseTrigger(expression, range), true));
    }
    return commands;
  }

  private List<String> parentTriggers(int parent, Range range) throws SourceError {
    List<String> expressions = new ArrayList<>();
    if (froms.get(parent).base() instanceof StagePlan.Base.Context(ContextKey key, boolean whole)
        && whole) {
      return resolved.contexts().containsKey(key)
          ? triggers(resolved.contexts().get(key).imageConfig(), range)
          : List.of();
    }
    for (StagePlan.Command command : plans.get(parent).commands()) {
      if (command.located().instruction() instanceof Instruction.Onbuild(String expression)) {
        expressions.add(expression);
      }
    }
    return expressions;
  }

  private List<String> triggers(Optional<byte[]> config, Range range) throws SourceError {
    if (config.isEmpty()) {
      return List.of();
    }
    try {
      return ImageSpecification.of(config.get()).texts("OnBuild");
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), range, e.getMessage());
    }
  }

  /** An image may bring as many triggers as it likes, and a stage fires those of others. */
  private void count(int more, Range range) throws SourceError {
    instructions += more;
    if (instructions > DockerfileParser.MOST_INSTRUCTIONS) {
      throw file.source()
          .error(
              ErrorKind.EXHAUSTED,
              range,
              "more than "
                  + DockerfileParser.MOST_INSTRUCTIONS
                  + " instructions with the ONBUILD triggers of images and stages");
    }
  }
}
