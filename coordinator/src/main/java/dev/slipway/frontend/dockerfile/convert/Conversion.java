package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.Edge;
import dev.slipway.graph.SourceMap.Range;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** One pass over the stages for one platform. Used once, by one thread. */
final class Conversion {
  /** Of operations and images' configurations; a message to a client takes 16 MiB of them. */
  private static final long MOST_BYTES = 32L << 20;

  private final BuildFile file;
  private final ConvertOptions options;
  private final StageGraph stages;
  private final Resolved resolved;
  private final OptionalLong epoch;
  private final GraphBuilder graph;
  private final BaseSources bases;
  private final ConversionListener listener;
  private final Map<Integer, StageState> states = new HashMap<>();

  private long configBytes;

  /** Where the instruction is that is applied. */
  private Range current = Range.lines(1, 1);

  /**
   * @param followPaths paths of the client's directories that an earlier pass needed
   */
  Conversion(
      BuildFile file,
      ConvertOptions options,
      StageGraph stages,
      Inputs inputs,
      Map<String, Set<String>> followPaths,
      ConversionListener listener) {
    this.file = file;
    this.options = options;
    this.stages = stages;
    this.resolved = inputs.resolved();
    this.epoch = inputs.epoch();
    this.graph = new GraphBuilder(file.source().file());
    this.bases = new BaseSources(graph, options, resolved, new LocalSources(followPaths));
    this.listener = listener;
  }

  /** What is known of the outside when it runs. */
  record Inputs(Resolved resolved, OptionalLong epoch) {}

  Converted run() throws SourceError {
    for (StagePlan plan : stages.plans().values()) {
      configBytes += baseConfig(plan).map(config -> config.length).orElse(0);
      weigh(plan.stage().from().range());
      StageState state = start(plan);
      listener.stageBegins(state);
      for (StagePlan.Command command : plan.commands()) {
        Located located = command.located();
        current = located.range();
        listener.instruction(state, command.withKeyword());
        try {
          state.begin(command);
          apply(state, located);
          weigh(located.range());
        } catch (SourceError e) {
          throw e;
        } catch (SlipwayException e) {
          throw file.source().error(e.kind(), located.range(), e.getMessage());
        }
      }
      states.put(plan.index(), state);
    }
    StageState target = states.get(stages.targetStage());
    target.directory.ifPresent(use -> bases.locals().need(use, "/"));
    options.labels().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(label -> target.image.map("Labels").put(label.getKey(), label.getValue()));
    GlobalScope globals = stages.globals();
    if (globals.implicit()) {
      target.image.normalize();
    } else {
      target.image.target(globals.target());
    }
    return new Converted(
        graph.definition(target.root),
        globals.target(),
        target.image.toJson(),
        baseConfig(target.plan),
        epoch);
  }

  /** Every stage has a copy of its image's configuration, every step the whole environment. */
  private void weigh(Range range) throws SourceError {
    if (configBytes + graph.bytes() > MOST_BYTES) {
      throw file.source()
          .error(
              ErrorKind.EXHAUSTED,
              range,
              "the steps and configurations of this Dockerfile are larger than "
                  + (MOST_BYTES >> 20)
                  + " MiB: an image brings too large an environment");
    }
  }

  private Optional<byte[]> baseConfig(StagePlan plan) {
    return switch (plan.base()) {
      case StagePlan.Base.Scratch _ -> Optional.empty();
      case StagePlan.Base.Parent(int parent) -> baseConfig(stages.plans().get(parent));
      case StagePlan.Base.Image(ImageKey key) -> Optional.of(resolved.images().get(key).config());
      case StagePlan.Base.Context(ContextKey key, boolean whole) ->
          whole ? Optional.empty() : resolved.contexts().get(key).imageConfig();
    };
  }

  private StageState start(StagePlan plan) throws SourceError {
    Range range = plan.stage().from().range();
    try {
      return switch (plan.base()) {
        case StagePlan.Base.Scratch _ ->
            new StageState(
                plan, this, ImageSpecification.scratch(plan.platform()), Optional.empty());
        case StagePlan.Base.Parent(int parent) -> StageState.after(states.get(parent), plan);
        case StagePlan.Base.Image(ImageKey key) -> {
          byte[] config = resolved.images().get(key).config();
          listener.image(range, key, resolved.images().get(key));
          StageState state = new StageState(plan, this, specification(config), Optional.empty());
          if (!ImageSpecification.isEmpty(config)) {
            state.root =
                Optional.of(
                    bases.image(
                        key,
                        plan.platform(),
                        state
                            .nextStep("FROM " + bases.pinned(key), range)
                            .withCommand(plan.stage().from().text())));
          }
          yield state;
        }
        case StagePlan.Base.Context(ContextKey key, _) -> {
          Optional<byte[]> config = resolved.contexts().get(key).imageConfig();
          StageState state =
              new StageState(
                  plan,
                  this,
                  config.isPresent()
                      ? specification(config.get())
                      : ImageSpecification.scratch(plan.platform()),
                  Optional.empty());
          String use = "stage " + plan.index();
          state.root = bases.context(key, use);
          state.directory = Optional.of(use);
          yield state;
        }
      };
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), range, e.getMessage());
    }
  }

  private static ImageSpecification specification(byte[] config) throws SlipwayException {
    ImageSpecification image = ImageSpecification.of(config);
    image.config().remove("OnBuild");
    return image;
  }

  private void apply(StageState state, Located located) throws SlipwayException {
    switch (located.instruction()) {
      case Instruction.Run run -> RunStep.apply(state, run, located);
      case Instruction.Copy copy -> CopyStep.apply(state, copy, located);
      case Instruction.Workdir workdir -> WorkdirStep.apply(state, workdir, located);
      case Instruction.Arg arg -> EnvironmentSteps.arg(state, arg);
      case Instruction.Env env -> EnvironmentSteps.env(state, env);
      case Instruction.Label label -> EnvironmentSteps.label(state, label);
      case Instruction.Cmd cmd -> CommandSteps.cmd(state, cmd);
      case Instruction.Entrypoint entrypoint -> CommandSteps.entrypoint(state, entrypoint);
      case Instruction.Shell shell -> CommandSteps.shell(state, shell);
      case Instruction.Healthcheck healthcheck -> CommandSteps.healthcheck(state, healthcheck);
      case Instruction.User user -> MetadataSteps.user(state, user);
      case Instruction.Expose expose -> ExposeStep.apply(state, expose);
      case Instruction.Volume volume -> MetadataSteps.volume(state, volume);
      case Instruction.StopSignal signal -> MetadataSteps.stopSignal(state, signal);
      case Instruction.Maintainer maintainer -> MetadataSteps.maintainer(state, maintainer);
      case Instruction.Onbuild onbuild -> MetadataSteps.onbuild(state, onbuild);
      case Instruction.From from -> throw new IllegalStateException("FROM begins a stage");
    }
  }

  /**
   * Files of another stage, an image or a named context.
   *
   * @param paths of it that are used, absolute
   * @return empty = scratch
   * @throws SlipwayException INVALID when it is a stage that comes later; {@code late} says what
   *     cannot be done then
   */
  Optional<Edge> from(StagePlan.From from, Set<String> paths, String late) throws SlipwayException {
    return switch (from) {
      case StagePlan.From.Scratch _ -> Optional.empty();
      case StagePlan.From.OtherStage(int stage) -> {
        StageState other = states.get(stage);
        if (other == null) {
          throw new SlipwayException(ErrorKind.INVALID, late);
        }
        other.directory.ifPresent(use -> paths.forEach(path -> bases.locals().need(use, path)));
        yield other.root;
      }
      case StagePlan.From.Image(ImageKey key) -> {
        listener.image(current, key, resolved.images().get(key));
        yield bases.image(key, current);
      }
      case StagePlan.From.Context(ContextKey key) -> {
        String use = "context " + key.option() + " " + String.join(" ", paths);
        paths.forEach(path -> bases.locals().need(use, path));
        yield bases.context(key, use);
      }
    };
  }

  /** The build context, of which a path is used. */
  Optional<Edge> context(String path) {
    return bases.mainContext(path);
  }

  Map<String, Set<String>> paths() {
    return bases.locals().seen();
  }

  /** A directory of the client that is used in parts is sent in those parts. */
  void need(String use, String path) {
    bases.locals().need(use, path);
  }

  GraphBuilder graph() {
    return graph;
  }

  ConvertOptions options() {
    return options;
  }

  GlobalScope globals() {
    return stages.globals();
  }

  OptionalLong epoch() {
    return epoch;
  }

  ShellLexer lexer() {
    return new ShellLexer(file.escape());
  }
}
