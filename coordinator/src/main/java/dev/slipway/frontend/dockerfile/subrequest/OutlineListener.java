package dev.slipway.frontend.dockerfile.subrequest;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.convert.ConversionListener;
import dev.slipway.frontend.dockerfile.convert.StageView;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Arg.Declaration;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.lint.Comments;
import dev.slipway.frontend.dockerfile.lint.MountValues;
import dev.slipway.frontend.dockerfile.shell.ShellLexer;
import dev.slipway.frontend.dockerfile.subrequest.Outline.Argument;
import dev.slipway.frontend.dockerfile.subrequest.Outline.Need;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects an outline while the target is converted. Confined to one conversion. */
public final class OutlineListener implements ConversionListener {
  private final BuildFile file;
  private final Comments comments;
  private final GlobalArguments globals;
  private final Map<String, String> given;

  /** By the stage's index, in the order that they are converted: the target is the last. */
  private final Map<Integer, Stage> stages = new LinkedHashMap<>();

  private static final class Stage {
    private final Map<String, Argument> arguments = new LinkedHashMap<>();
    private final Map<String, Need> secrets = new LinkedHashMap<>();
    private final Map<String, Need> ssh = new LinkedHashMap<>();
  }

  /**
   * @param given build arguments of the client
   */
  public OutlineListener(
      BuildFile file, Comments comments, GlobalArguments globals, Map<String, String> given) {
    this.file = file;
    this.comments = comments;
    this.globals = globals;
    this.given = Map.copyOf(given);
  }

  @Override
  public void stageBegins(StageView view) {
    Stage stage = new Stage();
    Instruction.From from = view.stage().base();
    List<String> texts = new ArrayList<>(List.of(from.base()));
    from.platform().ifPresent(texts::add);
    globals.usedBy(texts).forEach(argument -> stage.arguments.put(argument.name(), argument));
    stages.put(view.stage().index(), stage);
  }

  @Override
  public void instruction(StageView view, Located located) {
    Stage stage = stages.get(view.stage().index());
    switch (located.instruction()) {
      case Instruction.Arg arg ->
          arg.declarations().forEach(each -> declared(stage, view, located, each));
      case Instruction.Run run ->
          run.mounts().forEach(mount -> mounted(stage, view, located, mount));
      default -> {}
    }
  }

  private void declared(Stage stage, StageView view, Located located, Declaration declaration) {
    String name = declaration.name();
    boolean inherited =
        declaration.value().isEmpty() && !given.containsKey(name) && globals.has(name);
    if (inherited) {
      globals.used(name).forEach(each -> stage.arguments.put(each.name(), each));
      return;
    }
    String value = given.get(name);
    if (value == null) {
      value = declaration.value().map(text -> expand(view, text)).orElse("");
    }
    stage.arguments.put(
        name,
        new Argument(name, comments.description(located.range(), name), value, located.range()));
  }

  private void mounted(Stage stage, StageView view, Located located, String mount) {
    Map<String, String> values = MountValues.byKey(mount);
    values.replaceAll((key, value) -> key.equals("from") ? value : expand(view, value));
    boolean required = List.of("true", "1").contains(values.getOrDefault("required", ""));
    switch (values.getOrDefault("type", "")) {
      case "secret" -> {
        String name = first(values, "source", "src", "id");
        if (name.isEmpty()) {
          String target = first(values, "target", "dst", "destination");
          name = target.substring(target.lastIndexOf('/') + 1);
        }
        stage.secrets.putIfAbsent(name, new Need(name, required, located.range()));
      }
      case "ssh" -> {
        String id = values.getOrDefault("id", "");
        String name = id.isEmpty() ? "default" : id;
        stage.ssh.putIfAbsent(name, new Need(name, required, located.range()));
      }
      default -> {}
    }
  }

  private static String first(Map<String, String> values, String... keys) {
    for (String key : keys) {
      String value = values.getOrDefault(key, "");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private String expand(StageView view, String text) {
    try {
      return new ShellLexer(file.escape()).word(text, view.environment());
    } catch (SlipwayException _) {
      return text; // The conversion says the same as an error.
    }
  }

  /** Returns the answer to {@link Question#OUTLINE}, once the conversion is over. */
  public Answer answer() {
    Map<String, Argument> arguments = new LinkedHashMap<>();
    Map<String, Need> secrets = new LinkedHashMap<>();
    Map<String, Need> ssh = new LinkedHashMap<>();
    // What the target says of a name counts before what the stages say that it builds on.
    for (Stage stage : new ArrayList<>(stages.values()).reversed()) {
      stage.arguments.forEach(arguments::putIfAbsent);
      stage.secrets.forEach(secrets::putIfAbsent);
      stage.ssh.forEach(ssh::putIfAbsent);
    }
    BuildFile.Stage target = file.stages().get(new ArrayList<>(stages.keySet()).getLast());
    String name = target.base().name().orElse("");
    return new Outline(
            name,
            comments.description(target.from().range(), name),
            arguments.values().stream()
                .sorted(Comparator.comparingInt(each -> each.range().startLine()))
                .toList(),
            byLine(secrets),
            byLine(ssh))
        .answer(file.source().file().data());
  }

  private static List<Need> byLine(Map<String, Need> needs) {
    return needs.values().stream()
        .sorted(Comparator.comparingInt(each -> each.range().startLine()))
        .toList();
  }
}
