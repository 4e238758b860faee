package dev.slipway.graph;

import java.util.stream.Collectors;

/** Names of vertices that have no custom name, as BuildKit's clients know them. */
final class VertexNames {
  private VertexNames() {}

  static String of(Op op) {
    return switch (op) {
      case Op.Source source -> source.identifier();
      case Op.Exec exec -> String.join(" ", exec.meta().arguments());
      case Op.File file ->
          file.actions().stream()
              .map(action -> of(action.change()))
              .collect(Collectors.joining(", "));
      case Op.Merge merge -> "merge";
      case Op.Diff diff -> "diff";
      case Op.Build build -> "build";
    };
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
