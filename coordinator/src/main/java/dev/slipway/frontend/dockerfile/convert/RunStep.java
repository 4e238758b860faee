package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.instruction.MountOption;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** RUN. */
final class RunStep {
  private static final int SCRIPT_MODE = 0755;
  private static final String SCRIPT_DIRECTORY = "/dev/pipes";
  private static final List<String> PROXIES =
      List.of("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY");

  private RunStep() {}

  static void apply(StageState state, Instruction.Run run, Located located)
      throws SlipwayException {
    List<Edge> inputs = new ArrayList<>(state.root.stream().toList());
    List<Mount> mounts = new ArrayList<>();
    mounts.add(new Mount(inputs.isEmpty() ? -1 : 0, "", "/", 0, false, new Mount.Kind.Bind()));
    List<String> arguments = arguments(state, run, located, inputs, mounts);
    addMounts(state, run, located, inputs, mounts);
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
            state.conversion.graph().add(op, inputs, Optional.of(state.plan.platform()), label));
    state.addHistory(
        "RUN " + historyArguments(state) + String.join(" ", arguments) + " # buildkit", true);
  }

  /**
   * The process. A here-document alone is the script itself; among other words it is the shell's.
   */
  private static List<String> arguments(
      StageState state,
      Instruction.Run run,
      Located located,
      List<Edge> inputs,
      List<Mount> mounts) {
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
    mounts.add(
        new Mount(
            input(inputs, Optional.of(script)),
            "",
            SCRIPT_DIRECTORY,
            -1,
            true,
            new Mount.Kind.Bind()));
    return CommandSteps.words(
        state, new Instruction.CommandLine(List.of(SCRIPT_DIRECTORY + path), true));
  }

  private static void addMounts(
      StageState state, Instruction.Run run, Located located, List<Edge> inputs, List<Mount> mounts)
      throws SlipwayException {
    Set<String> targets = new HashSet<>(Set.of("/"));
    for (String text : run.mounts()) {
      MountOption option = MountOption.parse(text, state::expand);
      String target = PosixPath.clean(PosixPath.resolve(state.workingDirectory(), option.target()));
      if (target.equals("/")) {
        throw new SlipwayException(
            ErrorKind.INVALID, "invalid mount target \"" + option.target() + "\"");
      }
      if (!targets.add(target)) {
        throw new SlipwayException(ErrorKind.INVALID, "duplicate mount target \"" + target + "\"");
      }
      switch (option.type()) {
        case TMPFS ->
            mounts.add(new Mount(-1, "", target, -1, false, new Mount.Kind.Tmpfs(option.size())));
        case BIND -> {
          String source = PosixPath.clean(option.source());
          Optional<Edge> edge =
              option.from().isPresent()
                  ? state.conversion.from(
                      state.plan.mountSources().get(option.from().get()), located.range())
                  : Optional.of(state.conversion.context(source));
          String selector = source.equals("/") ? "" : source;
          mounts.add(
              new Mount(
                  input(inputs, edge),
                  selector,
                  target,
                  -1,
                  option.readOnly(),
                  new Mount.Kind.Bind()));
        }
      }
    }
  }

  private static int input(List<Edge> inputs, Optional<Edge> edge) {
    if (edge.isEmpty()) {
      return -1;
    }
    int known = inputs.indexOf(edge.get());
    if (known >= 0) {
      return known;
    }
    inputs.add(edge.get());
    return inputs.size() - 1;
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
