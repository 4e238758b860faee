package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Collects the vertices of a graph, inputs before users. Confined to one conversion. */
final class GraphBuilder {
  private final Map<Digest, Vertex> vertices = new LinkedHashMap<>();
  private final Map<Digest, List<SourceMap.Location>> locations = new LinkedHashMap<>();
  private final SourceMap.SourceFile file;
  private long bytes;

  GraphBuilder(SourceMap.SourceFile file) {
    this.file = file;
  }

  /** How a vertex is shown and where it was written. */
  record Label(
      String name, Optional<String> command, boolean ignoreCache, List<SourceMap.Range> ranges) {
    static Label internal(String name) {
      return new Label("[internal] " + name, Optional.empty(), false, List.of());
    }
  }

  Edge add(Op op, List<Edge> inputs, Optional<Platform> platform, Label label) {
    Map<String, String> description = new LinkedHashMap<>();
    description.put("llb.customname", label.name());
    label
        .command()
        .ifPresent(command -> description.put("com.docker.dockerfile.v1.command", command));
    VertexMetadata metadata =
        new VertexMetadata(label.ignoreCache(), description, Optional.empty(), Map.of());
    Vertex vertex = LlbCodec.vertex(op, inputs, platform, metadata);
    if (vertices.putIfAbsent(vertex.digest(), vertex) == null) {
      bytes += vertex.bytes().length;
    }
    if (!label.ranges().isEmpty()) {
      locations
          .computeIfAbsent(vertex.digest(), digest -> new ArrayList<>())
          .add(new SourceMap.Location(0, label.ranges()));
    }
    return new Edge(vertex.digest(), 0);
  }

  /** Of all operations, encoded. */
  long bytes() {
    return bytes;
  }

  /** The graph of a result: what it needs and nothing else. */
  Definition definition(Optional<Edge> result) {
    if (result.isEmpty()) {
      return Definition.SCRATCH;
    }
    Set<Digest> needed = new HashSet<>();
    Deque<Digest> open = new ArrayDeque<>(List.of(result.get().vertex()));
    while (!open.isEmpty()) {
      Digest digest = open.pop();
      if (needed.add(digest)) {
        vertices.get(digest).inputs().forEach(input -> open.push(input.vertex()));
      }
    }
    Map<Digest, Vertex> kept = new LinkedHashMap<>(vertices);
    kept.keySet().retainAll(needed);
    Map<Digest, List<SourceMap.Location>> keptLocations = new LinkedHashMap<>(locations);
    keptLocations.keySet().retainAll(needed);
    return new Definition(kept, result, new SourceMap(List.of(file), keptLocations));
  }
}
