package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A graph as text, for golden tests: vertices numbered, inputs by number. */
final class GraphText {
  private GraphText() {}

  static String of(Definition definition) {
    List<Digest> order = new ArrayList<>(definition.vertices().keySet());
    StringBuilder text = new StringBuilder();
    for (Vertex vertex : definition.vertices().values()) {
      text.append(order.indexOf(vertex.digest())).append(": ").append(vertex.name()).append('\n');
      vertex
          .platform()
          .ifPresent(platform -> text.append("   platform ").append(platform).append('\n'));
      for (Edge input : vertex.inputs()) {
        text.append("   input ").append(order.indexOf(input.vertex())).append('\n');
      }
      describe(vertex.op(), text);
      for (SourceMap.Location location :
          definition.sources().locations().getOrDefault(vertex.digest(), List.of())) {
        location
            .ranges()
            .forEach(range -> text.append("   line ").append(range.startLine()).append('\n'));
      }
    }
    return text.toString();
  }

  private static void describe(Op op, StringBuilder text) {
    switch (op) {
      case Op.Source source ->
          text.append("   ")
              .append(source.identifier())
              .append(' ')
              .append(new TreeMap<>(source.attributes()))
              .append('\n');
      case Op.Exec exec -> {
        text.append("   exec ")
            .append(exec.meta().arguments())
            .append(" env ")
            .append(exec.meta().environment());
        text.append(" in ")
            .append(exec.meta().workingDirectory())
            .append(" as '")
            .append(exec.meta().user())
            .append("'\n");
        for (Mount mount : exec.mounts()) {
          text.append("   mount ")
              .append(mount.input())
              .append(mount.selector())
              .append(" at ")
              .append(mount.destination());
          text.append(mount.readOnly() ? " read-only" : "")
              .append(" output ")
              .append(mount.output())
              .append('\n');
        }
      }
      case Op.File file -> {
        for (FileAction action : file.actions()) {
          text.append("   ")
              .append(action.input())
              .append(',')
              .append(action.secondaryInput())
              .append(" -> ")
              .append(action.output());
          text.append(' ').append(describe(action.change())).append('\n');
        }
      }
      case Op.Merge merge -> text.append("   merge ").append(merge.inputs()).append('\n');
      default -> throw new IllegalStateException("not made by this frontend: " + op);
    }
  }

  private static String describe(FileAction.Change change) {
    return switch (change) {
      case FileAction.Change.Copy copy -> "copy " + copy.source() + " " + copy.destination();
      case FileAction.Change.MakeDirectory directory -> "mkdir " + directory.path();
      case FileAction.Change.MakeFile file -> "mkfile " + file.path();
      default -> throw new IllegalStateException("not made by this frontend: " + change);
    };
  }
}
