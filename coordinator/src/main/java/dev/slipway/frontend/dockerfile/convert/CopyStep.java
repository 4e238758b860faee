package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.instruction.Instruction;
import dev.slipway.frontend.dockerfile.instruction.Located;
import dev.slipway.frontend.dockerfile.parser.Heredoc;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** COPY, and ADD of local files: one file op, a copy action for every source. */
final class CopyStep {
  private static final int HIGHEST_MODE = 07777;
  private static final int DOCUMENT_MODE = 0644;
  private static final Pattern OCTAL = Pattern.compile("[0-7]{1,5}");
  private static final Pattern SYMBOLIC =
      Pattern.compile("[ugoa]*([-+=][rwxXstugo]*)+(,[ugoa]*([-+=][rwxXstugo]*)+)*");
  private static final int LONGEST_SYMBOLIC = 100;
  private static final Pattern REMOTE =
      Pattern.compile("(?:https?|git|ssh)://.*|git@[^:]+:.*|github\\.com/.*");

  private CopyStep() {}

  /** A path in a result; the edge is empty for scratch. */
  private record Source(Optional<Edge> edge, String path) {}

  static void apply(StageState state, Instruction.Copy copy, Located located)
      throws SlipwayException {
    StringBuilder history = new StringBuilder(copy.keyword());
    Optional<String> owner = expand(state, copy.owner());
    owner.ifPresent(value -> history.append(" --chown=").append(value));
    Optional<String> mode = expand(state, copy.mode());
    mode.ifPresent(value -> history.append(" --chmod=").append(value));
    List<Source> sources = sources(state, copy, located, history);
    String written = state.expand(copy.destination());
    history.append(' ').append(written);

    List<Edge> inputs = new ArrayList<>(state.root.stream().toList());
    for (Source source : sources) {
      source.edge().filter(edge -> !inputs.contains(edge)).ifPresent(inputs::add);
    }
    int base = state.root.isPresent() ? 0 : -1;
    Optional<FileAction.Owner> owners = owner.map(text -> Owners.parse(text, base));
    OptionalInt octal = octal(mode);
    String symbolic = octal.isPresent() ? "" : mode.orElse("");
    List<FileAction> actions = new ArrayList<>(sources.size());
    for (Source source : sources) {
      int from = actions.isEmpty() ? base : inputs.size() + actions.size() - 1;
      int secondary = source.edge().map(inputs::indexOf).orElse(-1);
      int output = actions.size() == sources.size() - 1 ? 0 : -1;
      Change.Copy change =
          new Change.Copy(
              source.path(),
              destination(state, written),
              owners,
              octal,
              symbolic,
              options(copy.add()),
              FileAction.NO_TIMESTAMP);
      actions.add(new FileAction(from, secondary, output, change));
    }
    GraphBuilder.Label label =
        state.nextStep(state.display(located.text()) + summary(copy), List.of(located.range()));
    state.root =
        Optional.of(
            state.conversion.graph().add(new Op.File(actions), inputs, Optional.empty(), label));
    state.addHistory(history + " # buildkit", true);
  }

  private static List<Source> sources(
      StageState state, Instruction.Copy copy, Located located, StringBuilder history)
      throws SlipwayException {
    List<Source> sources = new ArrayList<>();
    for (String written : copy.sources()) {
      String expanded = state.expand(written);
      if (copy.add() && REMOTE.matcher(expanded).matches()) {
        throw new SlipwayException(
            ErrorKind.UNSUPPORTED,
            "ADD of a URL or a git repository (" + expanded + "): not supported yet");
      }
      history.append(' ').append(expanded);
      String path = PosixPath.clean(expanded);
      Optional<Edge> edge =
          copy.from().isPresent()
              ? state.conversion.from(
                  state.plan.copySources().get(copy.from().get()), located.range())
              : Optional.of(state.conversion.context(path));
      sources.add(new Source(edge, path));
    }
    for (Heredoc document : copy.documents()) {
      history.append(" <<").append(document.name());
      String text =
          document.expand()
              ? state.lexer().document(document.text(), state.environment())
              : document.text();
      String path = "/" + PosixPath.baseName(document.name());
      Op.File make =
          new Op.File(
              List.of(
                  new FileAction(
                      -1,
                      -1,
                      0,
                      new Change.MakeFile(
                          path,
                          DOCUMENT_MODE,
                          text.getBytes(StandardCharsets.UTF_8),
                          Optional.empty(),
                          WorkdirStep.timestamp(state.conversion.options().epoch())))));
      GraphBuilder.Label label =
          new GraphBuilder.Label(
              "[internal] preparing inline document",
              Optional.empty(),
              false,
              List.of(located.range()));
      sources.add(
          new Source(
              Optional.of(state.conversion.graph().add(make, List.of(), Optional.empty(), label)),
              path));
    }
    return sources;
  }

  /** Absolute; a slash at the end says that it is a directory. */
  private static String destination(StageState state, String written) {
    String path = PosixPath.clean(PosixPath.resolve(state.workingDirectory(), written));
    boolean directory =
        written.isEmpty() || written.equals(".") || written.endsWith("/") || written.endsWith("/.");
    return directory && !path.equals("/") ? path + "/" : path;
  }

  private static OptionalInt octal(Optional<String> mode) throws SlipwayException {
    if (mode.isEmpty()) {
      return OptionalInt.empty();
    }
    String text = mode.get();
    if (OCTAL.matcher(text).matches() && Integer.parseInt(text, 8) <= HIGHEST_MODE) {
      return OptionalInt.of(Integer.parseInt(text, 8));
    }
    if (text.length() <= LONGEST_SYMBOLIC && SYMBOLIC.matcher(text).matches()) {
      return OptionalInt.empty();
    }
    throw new SlipwayException(
        ErrorKind.INVALID,
        "invalid chmod parameter: '"
            + text
            + "'. it should be octal string and between 0 and 07777");
  }

  private static FileAction.CopyOptions options(boolean unpack) {
    return new FileAction.CopyOptions(
        true, true, unpack, true, true, true, false, List.of(), List.of(), List.of());
  }

  private static String summary(Instruction.Copy copy) {
    return copy.documents().isEmpty() ? "" : RunStep.summary(copy.documents().getFirst());
  }

  private static Optional<String> expand(StageState state, Optional<String> text)
      throws SlipwayException {
    return text.isPresent() ? Optional.of(state.expand(text.get())) : Optional.empty();
  }
}
