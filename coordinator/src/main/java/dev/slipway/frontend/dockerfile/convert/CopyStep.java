package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import dev.slipway.graph.VertexMetadata.ProgressGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * COPY and ADD: one file op, a copy action for every source. With {@code --link} the op makes a
 * layer of its own, which a merge lays over what was there.
 */
final class CopyStep {
  private CopyStep() {}

  static void apply(StageState state, Instruction.Copy copy, Located located)
      throws SlipwayException {
    CopyFlags flags = CopyFlags.of(state, copy);
    List<CopySource> sources = CopySources.of(state, copy, located, flags);
    String destination = state.expand(copy.destination());
    String shown = state.display(located.text());
    GraphBuilder.Label label =
        state.nextStep(shown, located.range()).ignoringCache(state.ignoresCache());
    // A mode changes directories that are there already, so it cannot stand by itself.
    if (copy.options().link() && flags.mode().isEmpty()) {
      state.root = link(state, sources, flags, destination, label, shown);
    } else {
      state.root =
          Optional.of(file(state, state.root, path(state, destination), sources, flags, label));
    }
    state.addHistory(history(copy, flags, sources, destination), true);
  }

  /** Both parts are shown as one line. */
  private static Optional<Edge> link(
      StageState state,
      List<CopySource> sources,
      CopyFlags flags,
      String destination,
      GraphBuilder.Label label,
      String shown) {
    // The group's id has to differ from those of other steps; the step's own name and place do.
    String id = "link:" + label.name() + label.ranges();
    Edge layer =
        file(
            state,
            Optional.empty(),
            path(state, destination),
            sources,
            flags,
            label.in(new ProgressGroup(id, label.name(), true)));
    if (state.root.isEmpty()) {
      return Optional.of(layer);
    }
    GraphBuilder.Label merged =
        label
            .withName(state.numbered("LINK " + shown))
            .in(new ProgressGroup(id, label.name(), false));
    List<Edge> inputs = List.of(state.root.get(), layer);
    return Optional.of(
        state
            .conversion
            .graph()
            .add(new Op.Merge(List.of(0, 1)), inputs, Optional.empty(), merged));
  }

  private static Edge file(
      StageState state,
      Optional<Edge> root,
      String destination,
      List<CopySource> sources,
      CopyFlags flags,
      GraphBuilder.Label label) {
    List<Edge> inputs = new ArrayList<>(root.stream().toList());
    for (CopySource source : sources) {
      source.edge().filter(edge -> !inputs.contains(edge)).ifPresent(inputs::add);
    }
    int base = root.isPresent() ? 0 : -1;
    Optional<FileAction.Owner> owner = flags.owner().map(text -> Owners.parse(text, base));
    List<FileAction> actions = new ArrayList<>(sources.size());
    for (CopySource source : sources) {
      int from = actions.isEmpty() ? base : inputs.size() + actions.size() - 1;
      int secondary = source.edge().map(inputs::indexOf).orElse(-1);
      int output = actions.size() == sources.size() - 1 ? 0 : -1;
      FileAction.Change.Copy change =
          new FileAction.Change.Copy(
              source.path(),
              destination,
              owner,
              flags.octal(),
              flags.symbolic(),
              source.options(),
              FileAction.NO_TIMESTAMP);
      actions.add(new FileAction(from, secondary, output, change));
    }
    return state.conversion.graph().add(new Op.File(actions), inputs, Optional.empty(), label);
  }

  /** Absolute; a slash at the end says that it is a directory. */
  private static String path(StageState state, String written) {
    String path = PosixPath.clean(PosixPath.resolve(state.workingDirectory(), written));
    boolean directory =
        written.isEmpty() || written.equals(".") || written.endsWith("/") || written.endsWith("/.");
    return directory && !path.equals("/") ? path + "/" : path;
  }

  private static String history(
      Instruction.Copy copy, CopyFlags flags, List<CopySource> sources, String destination) {
    StringBuilder history = new StringBuilder(copy.keyword());
    if (copy.options().parents()) {
      history.append(" --parents");
    }
    flags.owner().ifPresent(value -> history.append(" --chown=").append(value));
    flags.mode().ifPresent(value -> history.append(" --chmod=").append(value));
    sources.forEach(source -> history.append(' ').append(source.written()));
    return history.append(' ').append(destination).append(" # buildkit").toString();
  }

  static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
