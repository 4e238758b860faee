package dev.slipway.frontend.dockerfile.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Instruction.CommandLine;
import dev.slipway.frontend.dockerfile.shell.GoQuote;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** CMD, ENTRYPOINT, SHELL and HEALTHCHECK. */
final class CommandSteps {
  private CommandSteps() {}

  /** The words that are executed: the shell first where there is one. */
  static List<String> words(StageState state, CommandLine command) {
    if (!command.shell()) {
      return command.words();
    }
    List<String> words = new ArrayList<>(state.shell());
    words.addAll(command.words());
    return words;
  }

  /**
   * ArgsEscaped says nothing on Linux; BuildKit sets it for both forms, so images come out alike.
   */
  static void cmd(StageState state, Instruction.Cmd cmd) {
    List<String> words = words(state, cmd.command());
    state.image.putTexts("Cmd", words);
    state.image.config().put("ArgsEscaped", true);
    state.commandSet = true;
    state.addHistory("CMD " + quoted(words), false);
  }

  /** A command that came with the base image belongs to its entry point, so it goes with it. */
  static void entrypoint(StageState state, Instruction.Entrypoint entrypoint) {
    List<String> words = words(state, entrypoint.command());
    state.image.putTexts("Entrypoint", words);
    if (!state.commandSet) {
      state.image.config().remove("Cmd");
    }
    state.addHistory("ENTRYPOINT " + quoted(words), false);
  }

  static void shell(StageState state, Instruction.Shell shell) {
    state.image.putTexts("Shell", shell.shell());
    state.addHistory("SHELL [" + String.join(" ", shell.shell()) + "]", false);
  }

  static void healthcheck(StageState state, Instruction.Healthcheck healthcheck) {
    List<String> test = new ArrayList<>();
    if (healthcheck.command().isEmpty()) {
      test.add("NONE");
    } else {
      test.add(healthcheck.command().get().shell() ? "CMD-SHELL" : "CMD");
      test.addAll(healthcheck.command().get().words());
    }
    String times =
        "Interval:%s Timeout:%s StartPeriod:%s StartInterval:%s Retries:%d"
            .formatted(
                GoDuration.text(healthcheck.interval()),
                GoDuration.text(healthcheck.timeout()),
                GoDuration.text(healthcheck.startPeriod()),
                GoDuration.text(healthcheck.startInterval()),
                healthcheck.retries());
    ObjectNode node = state.image.config().putObject("Healthcheck");
    test.forEach(node.putArray("Test")::add);
    putUnlessZero(node, "Interval", healthcheck.interval());
    putUnlessZero(node, "Timeout", healthcheck.timeout());
    putUnlessZero(node, "StartPeriod", healthcheck.startPeriod());
    putUnlessZero(node, "StartInterval", healthcheck.startInterval());
    putUnlessZero(node, "Retries", healthcheck.retries());
    state.addHistory("HEALTHCHECK {Test:[" + String.join(" ", test) + "] " + times + "}", false);
  }

  private static void putUnlessZero(ObjectNode node, String key, long value) {
    if (value != 0) {
      node.put(key, value);
    }
  }

  private static String quoted(List<String> words) {
    return words.stream().map(GoQuote::text).collect(Collectors.joining(" ", "[", "]"));
  }
}
