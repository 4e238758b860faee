package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.LinuxResources;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Collects the vertices of a graph, inputs before users. Confined to one conversion. */
final class GraphBuilder {
  private final Map<Digest, Vertex> vertices = new LinkedHashMap<>();
  private final Map<Digest, Set<SourceMap.Location>> locations = new LinkedHashMap<>();
  private final List<SourceMap.SourceFile> files = new ArrayList<>();
  private final Set<Definition> included = Collections.newSetFromMap(new IdentityHashMap<>());
  private long bytes;

  /**
   * @param file that places of vertices are in, unless they came with a graph
   */
  GraphBuilder(SourceMap.SourceFile file) {
    files.add(file);
  }

  /**
   * How a vertex is shown and where it was written.
   *
   * @param command what was written, for clients that list the steps of a Dockerfile
   */
  record Label(
      String name,
      Optional<String> command,
      boolean ignoreCache,
      List<SourceMap.Range> ranges,
      Optional<VertexMetadata.ProgressGroup> group,
      Optional<LinuxResources> resources) {
    static Label of(String name, SourceMap.Range... ranges) {
      return new Label(
          name, Optional.empty(), false, List.of(ranges), Optional.empty(), Optional.empty());
    }

    static Label internal(String name) {
      return of("[internal] " + name);
    }

    Label withCommand(String written) {
      return new Label(name, Optional.of(written), ignoreCache, ranges, group, resources);
    }

    Label withName(String newName) {
      return new Label(newName, command, ignoreCache, ranges, group, resources);
    }

    Label ignoringCache(boolean ignore) {
      return new Label(name, command, ignore, ranges, group, resources);
    }

    Label in(VertexMetadata.ProgressGroup newGroup) {
      return new Label(name, command, ignoreCache, ranges, Optional.of(newGroup), resources);
    }

    Label limitedTo(Optional<LinuxResources> limits) {
      return new Label(name, command, ignoreCache, ranges, group, limits);
    }
  }

  Edge add(Op op, List<Edge> inputs, Optional<Platform> platform, Label label) {
    Map<String, String> description = new LinkedHashMap<>();
    description.put("llb.customname", label.name());
    label
        .command()
        .ifPresent(command -> description.put("com.docker.dockerfile.v1.command", command));
    VertexMetadata metadata =
        new VertexMetadata(
            label.ignoreCache(), description, label.group(), Map.of(), label.resources());
    Vertex vertex = LlbCodec.vertex(op, inputs, platform, metadata);
    put(vertex);
    if (!label.ranges().isEmpty()) {
      locate(
          vertex.digest(),
          new SourceMap.Location(
              0, label.ranges().stream().flatMap(range -> range.eachLine().stream()).toList()));
    }
    return new Edge(vertex.digest(), 0);
  }

  private void put(Vertex vertex) {
    if (vertices.putIfAbsent(vertex.digest(), vertex) == null) {
      bytes += vertex.bytes().length;
    }
  }

  private void locate(Digest vertex, SourceMap.Location location) {
    locations.computeIfAbsent(vertex, digest -> new LinkedHashSet<>()).add(location);
  }

  /** Takes in a graph that was made elsewhere, with its places; returns its result. */
  Optional<Edge> include(Definition definition) {
    if (included.add(definition)) {
      int shift = files.size();
      files.addAll(definition.sources().files());
      definition.vertices().values().forEach(this::put);
      definition
          .sources()
          .locations()
          .forEach((digest, list) ->
              list.forEach(location ->
                  locate(
                      digest, new SourceMap.Location(location.file() + shift, location.ranges()))));
    }
    return definition.result();
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
    Map<Digest, List<SourceMap.Location>> keptLocations = new LinkedHashMap<>();
    locations.forEach((digest, list) -> {
      if (needed.contains(digest)) {
        keptLocations.put(digest, List.copyOf(list));
      }
    });
    return new Definition(kept, result, new SourceMap(files, keptLocations));
  }
}
