package dev.slipway.graph;

import java.util.List;
import java.util.stream.Collectors;

/** Names of vertices that have no custom name, as BuildKit's clients know them. */
final class VertexNames {
  /**
   * Longest name of a vertex that is named after its inputs, in characters: a merge of merges of
   * the same inputs would otherwise double it with every level.
   */
  private static final int MAX_LENGTH = 1000;

  private VertexNames() {}

  /**
   * @param inputs names of the vertex's inputs, in their order
   */
  static String of(Op op, List<String> inputs) {
    return switch (op) {
      case Op.Source source -> source.identifier();
      case Op.Exec exec -> String.join(" ", exec.meta().arguments());
      case Op.File file ->
          file.actions().stream()
              .map(action -> of(action.change()))
              .collect(Collectors.joining(", "));
      case Op.Merge _ -> clip("merge (" + String.join(", ", inputs) + ")");
      case Op.Diff(int lower, int upper) ->
          clip("diff " + side(lower, inputs) + " -> " + side(upper, inputs));
      case Op.Build _ -> "build";
      case Op.Passthrough passthrough -> "passthrough " + passthrough.id();
    };
  }

  private static String side(int input, List<String> inputs) {
    return input < 0 ? "scratch" : "(" + (input < inputs.size() ? inputs.get(input) : "") + ")";
  }

  private static String clip(String name) {
    return name.length() <= MAX_LENGTH ? name : name.substring(0, MAX_LENGTH - 1) + "…";
  }

  private static String of(FileAction.Change change) {
    return switch (change) {
      case FileAction.Change.Copy copy -> "copy " + copy.source() + " " + copy.destination();
      case FileAction.Change.MakeFile file -> "mkfile " + file.path();
      case FileAction.Change.MakeDirectory directory -> "mkdir " + directory.path();
      case FileAction.Change.MakeSymlink link -> "symlink " + link.path() + " -> " + link.target();
      case FileAction.Change.Remove remove -> "rm " + remove.path();
    };
  }
}
