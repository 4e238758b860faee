package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.ImageReference;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/** One pass over the stages for one platform. Used once, by one thread. */
final class Conversion {
  /** Of operations and images' configurations; a message to a client takes 16 MiB of them. */
  private static final long MOST_BYTES = 32L << 20;

  private final BuildFile file;
  private final ConvertOptions options;
  private final StageGraph stages;
  private final Map<ImageKey, BaseImage> images;
  private final GraphBuilder graph;
  private final ContextSource context;
  private final ConversionListener listener;
  private final Map<Integer, StageState> states = new HashMap<>();

  private long configBytes;

  Conversion(
      BuildFile file,
      ConvertOptions options,
      StageGraph stages,
      Map<ImageKey, BaseImage> images,
      Collection<String> followPaths,
      ConversionListener listener) {
    this.file = file;
    this.options = options;
    this.stages = stages;
    this.images = images;
    this.graph = new GraphBuilder(file.source().file());
    this.context = new ContextSource(options.context(), followPaths);
    this.listener = listener;
  }

  Converted run() throws SourceError {
    for (Map.Entry<Integer, StagePlan> entry : stages.plans().entrySet()) {
      configBytes += baseConfig(entry.getValue()).map(config -> config.length).orElse(0);
      weigh(entry.getValue().stage().from().range());
      StageState state = start(entry.getValue());
      listener.stageBegins(state);
      for (Located located : entry.getValue().commands()) {
        listener.instruction(state, located);
        try {
          apply(state, located);
          weigh(located.range());
        } catch (SourceError e) {
          throw e;
        } catch (SlipwayException e) {
          throw file.source().error(e.kind(), located.range(), e.getMessage());
        }
      }
      states.put(entry.getKey(), state);
    }
    StageState target = states.get(stages.target());
    options.labels().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(label -> target.image.map("Labels").put(label.getKey(), label.getValue()));
    return new Converted(
        graph.definition(target.root),
        target.plan.platform(),
        target.image.toJson(),
        baseConfig(target.plan));
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
      case StagePlan.Base.Scratch scratch -> Optional.empty();
      case StagePlan.Base.Parent(int parent) -> baseConfig(stages.plans().get(parent));
      case StagePlan.Base.Image(ImageKey key) -> Optional.of(images.get(key).config());
    };
  }

  private StageState start(StagePlan plan) throws SourceError {
    Range range = plan.stage().from().range();
    return switch (plan.base()) {
      case StagePlan.Base.Scratch scratch ->
          new StageState(plan, this, ImageSpecification.scratch(plan.platform()), Optional.empty());
      case StagePlan.Base.Parent(int parent) -> StageState.after(states.get(parent), plan);
      case StagePlan.Base.Image(ImageKey key) -> {
        ImageSpecification image;
        try {
          image = ImageSpecification.of(images.get(key).config());
        } catch (SlipwayException e) {
          throw file.source().error(e.kind(), range, e.getMessage());
        }
        image.config().remove("OnBuild");
        StageState state = new StageState(plan, this, image, Optional.empty());
        state.root = Optional.of(image(key, state.nextStep("FROM " + pinned(key), List.of(range))));
        yield state;
      }
    };
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
      case Instruction.Expose expose -> MetadataSteps.expose(state, expose);
      case Instruction.Volume volume -> MetadataSteps.volume(state, volume);
      case Instruction.StopSignal signal -> MetadataSteps.stopSignal(state, signal);
      case Instruction.Maintainer maintainer -> MetadataSteps.maintainer(state, maintainer);
      case Instruction.Onbuild onbuild -> MetadataSteps.onbuild(state, onbuild);
      case Instruction.From from -> throw new IllegalStateException("FROM begins a stage");
    }
  }

  /** The result of what {@code --from} names; empty = scratch. */
  Optional<Edge> from(StagePlan.From from, Range range) {
    return switch (from) {
      case StagePlan.From.Scratch scratch -> Optional.empty();
      case StagePlan.From.OtherStage(int stage) -> states.get(stage).root;
      case StagePlan.From.Image(ImageKey key) ->
          Optional.of(
              image(
                  key,
                  new GraphBuilder.Label(
                      "FROM " + pinned(key), Optional.empty(), false, List.of(range))));
    };
  }

  private Edge image(ImageKey key, GraphBuilder.Label label) {
    Map<String, String> attributes =
        options.imageResolveMode().equals("default")
            ? Map.of()
            : Map.of("image.resolvemode", options.imageResolveMode());
    label.ranges().forEach(range -> listener.image(range, key, images.get(key)));
    GraphBuilder.Label named =
        new GraphBuilder.Label(label.name(), Optional.empty(), false, label.ranges());
    return graph.add(
        new Op.Source("docker-image://" + pinned(key), attributes),
        List.of(),
        Optional.of(key.platform()),
        named);
  }

  private String pinned(ImageKey key) {
    return ImageReference.parse(key.reference()).withDigest(images.get(key).digest()).toString();
  }

  Edge context(String path) {
    return context.read(graph, path);
  }

  SortedSet<String> contextPaths() {
    return context.seen();
  }

  GraphBuilder graph() {
    return graph;
  }

  ConvertOptions options() {
    return options;
  }

  Map<String, String> globals() {
    return stages.globals();
  }

  ShellLexer lexer() {
    return new ShellLexer(file.escape());
  }
}
