package dev.slipway.plan;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Several definitions as one graph: what they share is there once, what no result needs is left
 * out. Vertices are in order, inputs before users.
 */
public final class BuildGraph {
  private final Map<Digest, Vertex> vertices;
  private final Map<Digest, List<Vertex>> continuations;
  private final List<Optional<Edge>> targets;
  private final List<Definition> definitions;

  private BuildGraph(Map<Digest, Vertex> vertices, List<Definition> definitions) {
    this.vertices = vertices;
    this.definitions = definitions;
    this.targets = definitions.stream().map(Definition::result).toList();
    this.continuations = new LinkedHashMap<>();
    for (Vertex vertex : vertices.values()) {
      rootInput(vertex)
          .ifPresent(edge ->
              continuations.computeIfAbsent(edge.vertex(), _ -> new ArrayList<>()).add(vertex));
    }
  }

  /** Returns the definitions' graph. */
  public static BuildGraph of(List<Definition> definitions) {
    Map<Digest, Vertex> all = new LinkedHashMap<>();
    definitions.forEach(definition -> definition.vertices().forEach(all::putIfAbsent));
    Set<Digest> needed = new HashSet<>();
    Deque<Digest> open = new ArrayDeque<>();
    definitions.forEach(
        definition -> definition.result().ifPresent(edge -> open.add(edge.vertex())));
    while (!open.isEmpty()) {
      Digest digest = open.pop();
      if (needed.add(digest)) {
        all.get(digest).inputs().forEach(edge -> open.push(edge.vertex()));
      }
    }
    all.keySet().retainAll(needed);
    return new BuildGraph(all, List.copyOf(definitions));
  }

  public Collection<Vertex> inOrder() {
    return vertices.values();
  }

  public Vertex vertex(Digest digest) {
    return vertices.get(digest);
  }

  /** The results asked for, one per definition; empty = scratch. */
  public List<Optional<Edge>> targets() {
    return targets;
  }

  /** Vertices that build on the vertex's root filesystem, in order. */
  List<Vertex> continuations(Digest vertex) {
    return continuations.getOrDefault(vertex, List.of());
  }

  /** Where the vertex was written, from the first definition that knows it. */
  public SourceMap sources(Digest vertex) {
    return definitions.stream()
        .map(Definition::sources)
        .filter(sources -> sources.locations().containsKey(vertex))
        .findFirst()
        .orElse(SourceMap.EMPTY);
  }

  /**
   * The edge whose filesystem the vertex changes; empty when it starts from scratch or changes
   * none.
   */
  static Optional<Edge> rootInput(Vertex vertex) {
    return switch (vertex.op()) {
      case Op.Exec exec -> input(vertex, exec.root().input());
      case Op.File file -> input(vertex, baseOf(file, vertex.inputs().size()));
      case Op.Source _, Op.Merge _, Op.Diff _, Op.Build _, Op.Passthrough _ -> Optional.empty();
    };
  }

  private static Optional<Edge> input(Vertex vertex, int index) {
    return index < 0 || index >= vertex.inputs().size()
        ? Optional.empty()
        : Optional.of(vertex.inputs().get(index));
  }

  /** Follows the chain of actions from output 0 down to an input of the op. */
  private static int baseOf(Op.File file, int inputs) {
    int index = -1;
    for (FileAction action : file.actions()) {
      if (action.output() == 0) {
        index = action.input();
      }
    }
    for (int hops = 0; index >= inputs && hops <= file.actions().size(); hops++) {
      int earlier = index - inputs;
      index = earlier < file.actions().size() ? file.actions().get(earlier).input() : -1;
    }
    return index >= inputs ? -1 : index;
  }
}
