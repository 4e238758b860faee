package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Instruction.Pair;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** ENV, ARG and LABEL. */
final class EnvironmentSteps {
  /** They speak to the builder, not to the steps. */
  private static final Set<String> NOT_IN_ENVIRONMENT =
      Set.of("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE");

  private EnvironmentSteps() {}

  /** All values see the environment from before the instruction. */
  static void env(StageState state, Instruction.Env env) throws SlipwayException {
    List<Pair> expanded = expand(state, env.pairs());
    StringBuilder history = new StringBuilder("ENV");
    for (Pair pair : expanded) {
      state.putEnvironment(pair.name(), pair.value());
      state.image.putEnvironment(pair.name(), pair.value());
      history.append(' ').append(pair.name()).append('=').append(pair.value());
    }
    state.addHistory(history.toString(), false);
  }

  static void label(StageState state, Instruction.Label label) throws SlipwayException {
    StringBuilder history = new StringBuilder("LABEL");
    for (Pair pair : expand(state, label.pairs())) {
      state.image.map("Labels").put(pair.name(), pair.value());
      history.append(' ').append(pair.name()).append('=').append(pair.value());
    }
    state.addHistory(history.toString(), false);
  }

  /**
   * A build argument wins over the default, the default over a global argument of the same name.
   */
  static void arg(StageState state, Instruction.Arg arg) throws SlipwayException {
    StringBuilder history = new StringBuilder("ARG");
    for (Instruction.Arg.Declaration declaration : arg.declarations()) {
      String name = declaration.name();
      String value = state.conversion.globals().buildArguments().get(name);
      if (value == null) {
        value =
            declaration.value().isPresent()
                ? state.expand(declaration.value().get())
                : state.conversion.globals().values().get(name);
      }
      history.append(' ').append(name);
      if (value != null) {
        history.append('=').append(value);
        if (!NOT_IN_ENVIRONMENT.contains(name)) {
          state.putEnvironment(name, value);
        }
      }
      state.addArgument(name, value == null ? "" : value);
    }
    state.addHistory(history.toString(), false);
  }

  private static List<Pair> expand(StageState state, List<Pair> pairs) throws SlipwayException {
    List<Pair> expanded = new ArrayList<>(pairs.size());
    for (Pair pair : pairs) {
      expanded.add(new Pair(state.expand(pair.name()), state.expand(pair.value())));
    }
    return expanded;
  }
}
