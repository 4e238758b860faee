package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** RUN. */
final class RunStep {
  private static final int SCRIPT_MODE = 0755;
  private static final String SCRIPT_DIRECTORY = "/dev/pipes";
  private static final List<String> PROXIES =
      List.of("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY");

  private RunStep() {}

  static void apply(StageState state, Instruction.Run run, Located located)
      throws SlipwayException {
    RunMounts all = new RunMounts(state, located);
    List<String> arguments = arguments(state, run, located, all);
    all.addAll(run);
    List<Mount> mounts = all.mounts();
    mounts.sort(Comparator.comparing(Mount::destination));

    ConvertOptions.Exec exec = state.conversion.options().exec();
    ExecMeta meta =
        new ExecMeta(
            arguments,
            state.environment().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList(),
            PosixPath.clean(state.workingDirectory()),
            state.image.text("User"),
            exec.hostname(),
            exec.hosts(),
            exec.ulimits(),
            proxies(state.conversion.options().buildArguments()),
            List.of());
    Op.Network network =
        switch (run.network().orElse("default")) {
          case "none" -> Op.Network.NONE;
          case "host" -> Op.Network.HOST;
          default -> exec.network();
        };
    String summary = run.heredocs().isEmpty() ? "" : summary(run.heredocs().getFirst());
    GraphBuilder.Label label =
        state.nextStep(state.display(located.text()) + summary, List.of(located.range()));
    Op.Exec op = new Op.Exec(meta, mounts, network, false, List.of());
    state.root =
        Optional.of(
            state
                .conversion
                .graph()
                .add(op, all.inputs(), Optional.of(state.plan.platform()), label));
    state.addHistory(
        "RUN " + historyArguments(state) + String.join(" ", arguments) + " # buildkit", true);
  }

  /**
   * The process. A here-document alone is the script itself; among other words it is the shell's.
   */
  private static List<String> arguments(
      StageState state, Instruction.Run run, Located located, RunMounts mounts) {
    if (run.heredocs().isEmpty()) {
      return CommandSteps.words(state, run.command());
    }
    String line = run.command().words().getFirst();
    Heredoc first = run.heredocs().getFirst();
    boolean alone =
        run.heredocs().size() == 1 && Heredoc.open(line, state.lexer().escape()).isPresent();
    if (!alone) {
      StringBuilder script = new StringBuilder(line);
      for (Heredoc heredoc : run.heredocs()) {
        script.append('\n').append(heredoc.content()).append(heredoc.name());
      }
      return CommandSteps.words(
          state, new Instruction.CommandLine(List.of(script.toString()), true));
    }
    if (!first.content().startsWith("#!")) {
      return CommandSteps.words(state, new Instruction.CommandLine(List.of(first.text()), true));
    }
    String path = "/" + PosixPath.baseName(first.name());
    FileAction.Change make =
        new FileAction.Change.MakeFile(
            path,
            SCRIPT_MODE,
            first.text().getBytes(StandardCharsets.UTF_8),
            Optional.empty(),
            FileAction.NO_TIMESTAMP);
    GraphBuilder.Label label =
        new GraphBuilder.Label(
            "[internal] preparing inline document",
            Optional.empty(),
            false,
            List.of(located.range()));
    Edge script =
        state
            .conversion
            .graph()
            .add(
                new Op.File(List.of(new FileAction(-1, -1, 0, make))),
                List.of(),
                Optional.empty(),
                label);
    mounts.add(script, SCRIPT_DIRECTORY);
    return CommandSteps.words(
        state, new Instruction.CommandLine(List.of(SCRIPT_DIRECTORY + path), true));
  }

  private static List<String> proxies(Map<String, String> buildArguments) {
    List<String> environment = new ArrayList<>();
    for (String name : PROXIES) {
      String lower = name.toLowerCase(Locale.ROOT);
      String value = buildArguments.getOrDefault(name, buildArguments.getOrDefault(lower, ""));
      if (!value.isEmpty()) {
        environment.add(name + "=" + value);
        environment.add(lower + "=" + value);
      }
    }
    return environment;
  }

  private static String historyArguments(StageState state) {
    List<String> names = state.arguments();
    if (names.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("|").append(names.size()).append(' ');
    names.forEach(name ->
        text.append(name)
            .append('=')
            .append(state.environment().getOrDefault(name, ""))
            .append(' '));
    return text.toString();
  }

  /** The first line of a here-document, in parentheses. */
  static String summary(Heredoc heredoc) {
    String[] lines = heredoc.content().strip().split("\\r?\\n", 2);
    return " (" + lines[0] + (lines.length > 1 ? "..." : "") + ")";
  }
}
