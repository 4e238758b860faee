package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** RUN: one exec op. */
final class RunStep {
  private static final int SCRIPT_MODE = 0755;
  private static final String SCRIPT_DIRECTORY = "/dev/pipes";
  private static final List<String> PROXIES =
      List.of("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY");

  private RunStep() {}

  static void apply(StageState state, Instruction.Run run, Located located)
      throws SlipwayException {
    state.directory.ifPresent(use -> state.conversion.need(use, "/"));
    RunMounts mounts = new RunMounts(state);
    String shown = located.text();
    List<String> arguments = arguments(state, run, mounts);
    if (alone(run).isPresent()) {
      shown += " (" + summary(run.heredocs().getFirst()) + ")";
    }
    mounts.addAll(run);

    ConvertOptions.Exec exec = state.conversion.options().exec();
    ExecMeta meta =
        new ExecMeta(
            arguments,
            environment(state, mounts),
            PosixPath.clean(state.workingDirectory()),
            state.image.text("User"),
            exec.hostname(),
            exec.hosts(),
            exec.ulimits(),
            proxies(state.conversion.globals().buildArguments()),
            List.of(),
            exec.cgroupParent(),
            true);
    Op.Network network =
        switch (run.network()) {
          case NONE -> Op.Network.NONE;
          case HOST -> Op.Network.HOST;
          case DEFAULT -> exec.network();
        };
    GraphBuilder.Label label =
        state
            .nextStep(display(state, shown, mounts), located.range())
            .withCommand(located.text())
            .ignoringCache(state.ignoresCache())
            .limitedTo(exec.resources());
    String history = "RUN " + historyArguments(state) + String.join(" ", arguments);
    Op.Exec op =
        new Op.Exec(
            meta,
            mounts.mounts(),
            network,
            run.insecure(),
            mounts.secretEnvironment(),
            run.devices().stream()
                .map(device -> new Op.Device(device.name(), !device.required()))
                .toList());
    state.root =
        Optional.of(
            state
                .conversion
                .graph()
                .add(op, mounts.inputs(), Optional.of(state.plan.platform()), label));
    state.addHistory(history + " # buildkit", true);
  }

  /** Quotes stay as they are, and so do variables that only the shell knows. */
  private static String display(StageState state, String text, RunMounts mounts) {
    Map<String, String> environment = new LinkedHashMap<>(state.environment());
    mounts.secretEnvironment().forEach(secret -> environment.put(secret.name(), "****"));
    return StageState.upperKeyword(state.lexer().display(text, environment));
  }

  private static List<String> environment(StageState state, RunMounts mounts) {
    Map<String, String> environment = new LinkedHashMap<>(state.environment());
    mounts.agent().ifPresent(socket -> environment.putIfAbsent("SSH_AUTH_SOCK", socket));
    return environment.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .toList();
  }

  /** The here-document that is all that there is to run. */
  private static Optional<Heredoc> alone(Instruction.Run run) {
    return run.heredocs().isEmpty() || Heredoc.open(run.command().words().getFirst()).isEmpty()
        ? Optional.empty()
        : Optional.of(run.heredocs().getFirst());
  }

  /**
   * The process. A here-document alone is the script itself; among other words it is the shell's.
   */
  private static List<String> arguments(StageState state, Instruction.Run run, RunMounts mounts)
      throws SlipwayException {
    if (run.heredocs().isEmpty()) {
      if (run.command().words().isEmpty()) {
        throw CopyStep.invalid("arguments are required");
      }
      return CommandSteps.words(state, run.command());
    }
    Optional<Heredoc> alone = alone(run);
    if (alone.isEmpty()) {
      StringBuilder script = new StringBuilder(run.command().words().getFirst());
      for (Heredoc heredoc : run.heredocs()) {
        script.append('\n').append(heredoc.content()).append(heredoc.name());
      }
      return shell(state, script.toString());
    }
    if (!alone.get().text().startsWith("#!")) {
      return shell(state, alone.get().text());
    }
    String path = PosixPath.clean(alone.get().name());
    mounts.addScript(script(state, path, alone.get().text()), SCRIPT_DIRECTORY);
    return shell(state, SCRIPT_DIRECTORY + path);
  }

  private static List<String> shell(StageState state, String script) {
    return CommandSteps.words(state, new Instruction.CommandLine(List.of(script), true));
  }

  private static Edge script(StageState state, String path, String text) {
    FileAction.Change make =
        new FileAction.Change.MakeFile(
            path,
            SCRIPT_MODE,
            text.getBytes(StandardCharsets.UTF_8),
            Optional.empty(),
            FileAction.NO_TIMESTAMP);
    return state
        .conversion
        .graph()
        .add(
            new Op.File(List.of(new FileAction(-1, -1, 0, make))),
            List.of(),
            Optional.empty(),
            GraphBuilder.Label.internal("preparing inline document"));
  }

  /** Settings under both their names; where both were given, the one in lower case counts. */
  private static List<String> proxies(Map<String, String> buildArguments) {
    List<String> environment = new ArrayList<>();
    for (String name : PROXIES) {
      String value =
          buildArguments.entrySet().stream()
              .filter(entry -> entry.getKey().equalsIgnoreCase(name))
              .max(Map.Entry.comparingByKey())
              .map(Map.Entry::getValue)
              .orElse("");
      if (!value.isEmpty()) {
        environment.add(name + "=" + value);
        environment.add(name.toLowerCase(Locale.ROOT) + "=" + value);
      }
    }
    return environment;
  }

  private static String historyArguments(StageState state) {
    Map<String, String> arguments = state.arguments();
    if (arguments.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("|").append(arguments.size()).append(' ');
    arguments.forEach((name, value) ->
        text.append(name)
            .append('=')
            .append(state.environment().getOrDefault(name, value))
            .append(' '));
    return text.toString();
  }

  /** The first line of a here-document. */
  private static String summary(Heredoc heredoc) {
    String[] lines = heredoc.content().strip().split("\\r?\\n", 2);
    return lines[0] + (lines.length > 1 ? "..." : "");
  }
}
