package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** WORKDIR: sets the directory and makes it, a layer of its own. */
final class WorkdirStep {
  private static final int MODE = 0755;
  private static final long NANOS = 1_000_000_000L;

  private WorkdirStep() {}

  static void apply(StageState state, Instruction.Workdir workdir, Located located)
      throws SlipwayException {
    String written = state.expand(workdir.path());
    // An absolute path is kept as it is written, `..` and all, and so are the directories it passes
    // through.
    String path =
        written.startsWith("/")
            ? written
            : PosixPath.clean(PosixPath.resolve(state.workingDirectory(), written));
    state.image.config().put("WorkingDir", path);
    boolean layer = !path.equals("/");
    if (layer) {
      List<Edge> inputs = state.root.stream().toList();
      int base = inputs.isEmpty() ? -1 : 0;
      String user = state.image.text("User");
      Optional<FileAction.Owner> owner =
          user.isEmpty() ? Optional.empty() : Optional.of(Owners.parse(user, base));
      Op.File make =
          new Op.File(
              List.of(
                  new FileAction(
                      base,
                      -1,
                      0,
                      new FileAction.Change.MakeDirectory(
                          path, MODE, true, owner, timestamp(state.conversion.epoch())))));
      GraphBuilder.Label label = state.nextStep(state.display(located.text()), located.range());
      state.root = Optional.of(state.conversion.graph().add(make, inputs, Optional.empty(), label));
    }
    state.addHistory("WORKDIR " + path, layer);
  }

  static long timestamp(OptionalLong epoch) {
    return epoch.isPresent() ? epoch.getAsLong() * NANOS : FileAction.NO_TIMESTAMP;
  }
}
