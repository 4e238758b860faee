package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.InstructionParser;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.MountOption;
import dev.slipway.frontend.dockerfile.instruction.Suggestion;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which stages are built, in which order, from which images: everything that the target reaches,
 * nothing else.
 */
final class StageGraph {
  private final BuildFile file;
  private final Platform targetPlatform;
  private final Map<ImageKey, BaseImage> images;
  private final Map<String, String> globals;
  private final int target;
  private final Map<Integer, StagePlan> plans = new LinkedHashMap<>();
  private final Set<Integer> open = new HashSet<>();
  private final Map<ImageKey, Range> missing = new LinkedHashMap<>();

  /** Of all stages so far, triggers included. */
  private int instructions;

  private StageGraph(
      BuildFile file,
      ConvertOptions options,
      Platform targetPlatform,
      Map<ImageKey, BaseImage> images)
      throws SourceError {
    this.file = file;
    this.targetPlatform = targetPlatform;
    this.images = images;
    this.target =
        options.target().isPresent() ? find(options.target().get()) : file.stages().size() - 1;
    this.globals = GlobalScope.of(file, options, targetPlatform, options.buildArguments());
  }

  /**
   * Follows the target's needs; what needs an image that is not among {@code images} is left out
   * and told by {@link #missing()}.
   *
   * @param allStages whether the stages that the target does not need are followed too
   */
  static StageGraph of(
      BuildFile file,
      ConvertOptions options,
      Platform targetPlatform,
      Map<ImageKey, BaseImage> images,
      boolean allStages)
      throws SourceError {
    StageGraph graph = new StageGraph(file, options, targetPlatform, images);
    if (allStages) {
      for (BuildFile.Stage stage : file.stages()) {
        graph.visit(stage.index(), stage.from().range());
      }
    }
    graph.visit(graph.target, file.stages().get(graph.target).from().range());
    return graph;
  }

  /** Stages by index, each after those that it needs. */
  Map<Integer, StagePlan> plans() {
    return plans;
  }

  int target() {
    return target;
  }

  Map<String, String> globals() {
    return globals;
  }

  /** Images that are not known yet, each with the place of its first use. */
  Map<ImageKey, Range> missing() {
    return missing;
  }

  private int find(String name) throws SourceError {
    Optional<Integer> index =
        byName(name, file.stages().size()).or(() -> byNumber(name, file.stages().size()));
    if (index.isEmpty()) {
      List<String> names =
          file.stages().stream().flatMap(stage -> stage.base().name().stream()).toList();
      throw file.source()
          .error(
              ErrorKind.INVALID,
              file.stages().getLast().from().range(),
              "target stage \"" + name + "\" could not be found" + Suggestion.of(name, names));
    }
    return index.get();
  }

  private Optional<Integer> byName(String name, int before) {
    for (int i = before - 1; i >= 0; i--) {
      if (file.stages().get(i).base().name().equals(Optional.of(name.toLowerCase(Locale.ROOT)))) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  private static Optional<Integer> byNumber(String text, int before) {
    if (!text.matches("[0-9]{1,6}")) {
      return Optional.empty();
    }
    int number = Integer.parseInt(text);
    return number < before ? Optional.of(number) : Optional.empty();
  }

  private void visit(int index, Range from) throws SourceError {
    if (plans.containsKey(index)) {
      return;
    }
    BuildFile.Stage stage = file.stages().get(index);
    String name = stage.base().name().orElse(Integer.toString(index));
    if (!open.add(index)) {
      throw file.source()
          .error(ErrorKind.INVALID, from, "circular dependency detected on stage: " + name);
    }
    Range range = stage.from().range();
    StagePlan.Base base = base(stage);
    Platform platform = platform(stage, base);
    List<Located> commands = new ArrayList<>();
    switch (base) {
      case StagePlan.Base.Scratch scratch -> {}
      case StagePlan.Base.Parent(int parent) -> {
        visit(parent, range);
        platform = plans.get(parent).platform();
        for (Located located : file.stages().get(parent).instructions()) {
          if (located.instruction() instanceof Instruction.Onbuild(String expression)) {
            count(1, range);
            commands.add(trigger(expression, range));
          }
        }
      }
      case StagePlan.Base.Image(ImageKey key) -> {
        if (need(key, range)) {
          List<String> triggers = triggers(images.get(key), range);
          count(triggers.size(), range);
          for (String expression : triggers) {
            commands.add(trigger(expression, range));
          }
        }
      }
    }
    count(stage.instructions().size(), range);
    commands.addAll(stage.instructions());
    Map<String, StagePlan.From> copySources = new HashMap<>();
    Map<String, StagePlan.From> mountSources = new HashMap<>();
    for (Located located : commands) {
      switch (located.instruction()) {
        case Instruction.Copy copy when copy.from().isPresent() ->
            copySources.put(
                copy.from().get(), from(copy.from().get(), index, true, platform, located.range()));
        case Instruction.Run run -> {
          for (String mount : run.mounts()) {
            Optional<String> source = mountFrom(mount, located.range());
            if (source.isPresent()) {
              mountSources.put(
                  source.get(), from(source.get(), index, false, platform, located.range()));
            }
          }
        }
        default -> {}
      }
    }
    open.remove(index);
    String displayName =
        stage.base().name().orElse(file.stages().size() > 1 ? "stage-" + index : "");
    plans.put(
        index,
        new StagePlan(
            stage, displayName, platform, base, List.copyOf(commands), copySources, mountSources));
  }

  private StagePlan.Base base(BuildFile.Stage stage) throws SourceError {
    String written = stage.base().base();
    String name = expand(written, stage.from().range());
    if (name.isEmpty()) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              stage.from().range(),
              "base name (" + written + ") should not be blank");
    }
    Optional<Integer> parent = byName(name, stage.index());
    if (parent.isPresent()) {
      return new StagePlan.Base.Parent(parent.get());
    }
    if (name.equals("scratch")) {
      return new StagePlan.Base.Scratch();
    }
    Platform platform = platform(stage, new StagePlan.Base.Scratch());
    return new StagePlan.Base.Image(new ImageKey(reference(name, stage.from().range()), platform));
  }

  private Platform platform(BuildFile.Stage stage, StagePlan.Base base) throws SourceError {
    if (stage.base().platform().isEmpty() || base instanceof StagePlan.Base.Parent) {
      return targetPlatform;
    }
    String written = stage.base().platform().get();
    String text = expand(written, stage.from().range());
    if (text.isEmpty()) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              stage.from().range(),
              "empty platform value from expression " + written);
    }
    try {
      return Platform.parse(text);
    } catch (IllegalArgumentException e) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              stage.from().range(),
              "failed to parse platform " + text + ": " + e.getMessage());
    }
  }

  private StagePlan.From from(
      String name, int user, boolean numbers, Platform platform, Range range) throws SourceError {
    if (numbers && name.matches("[0-9]+")) {
      Optional<Integer> number = byNumber(name, user);
      if (number.isEmpty()) {
        throw file.source()
            .error(
                ErrorKind.INVALID,
                range,
                "invalid from flag value " + name + ": no earlier stage has this number");
      }
      visit(number.get(), range);
      return new StagePlan.From.OtherStage(number.get());
    }
    Optional<Integer> stage = byName(name, file.stages().size());
    if (stage.isPresent()) {
      visit(stage.get(), range);
      return new StagePlan.From.OtherStage(stage.get());
    }
    if (name.equals("scratch")) {
      return new StagePlan.From.Scratch();
    }
    ImageKey key = new ImageKey(reference(name, range), platform);
    need(key, range);
    return new StagePlan.From.Image(key);
  }

  private Optional<String> mountFrom(String mount, Range range) throws SourceError {
    try {
      return MountOption.check(mount);
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

  private boolean need(ImageKey key, Range range) {
    boolean known = images.containsKey(key);
    if (!known) {
      missing.putIfAbsent(key, range);
    }
    return known;
  }

  private Located trigger(String expression, Range range) throws SourceError {
    return new InstructionParser(file.source(), file.escape()).parseTrigger(expression, range);
  }

  private List<String> triggers(BaseImage image, Range range) throws SourceError {
    try {
      return ImageSpecification.of(image.config()).texts("OnBuild");
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), range, e.getMessage());
    }
  }

  private String reference(String name, Range range) throws SourceError {
    try {
      return ImageReference.parse(name).toString();
    } catch (IllegalArgumentException e) {
      throw file.source()
          .error(
              ErrorKind.INVALID,
              range,
              "failed to parse stage name \"" + name + "\": " + e.getMessage());
    }
  }

  private String expand(String text, Range range) throws SourceError {
    try {
      return new ShellLexer(file.escape()).word(text, globals);
    } catch (SlipwayException e) {
      throw file.source().error(e.kind(), range, e.getMessage());
    }
  }
}
