package dev.slipway.frontend.dockerfile;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.OciJson;
import dev.slipway.protocol.LlbCodec;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Small graphs: one source, or a copy of what another graph has. */
final class SingleVertex {
  private SingleVertex() {}

  /** A source. */
  static Definition source(Op.Source source, String name) {
    Vertex vertex =
        LlbCodec.vertex(
            source,
            List.of(),
            Optional.empty(),
            new VertexMetadata(false, Map.of("llb.customname", name), Optional.empty(), Map.of()));
    return new Definition(
        Map.of(vertex.digest(), vertex),
        Optional.of(new Edge(vertex.digest(), 0)),
        SourceMap.EMPTY);
  }

  /** Some files of a client's directory, all of them read whole. */
  static Definition local(
      FrontendOptions.Local local, String hint, List<String> paths, String name) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("local.sharedkeyhint", hint);
    attributes.put("local.followpaths", new String(OciJson.compact(paths), StandardCharsets.UTF_8));
    attributes.put("local.differ", "none");
    if (!local.sessionId().isEmpty()) {
      attributes.put("local.session", local.sessionId());
    }
    return source(new Op.Source("local://" + local.name(), attributes), name);
  }

  /** What is in an archive that is a file of the graph's result. */
  static Definition unpacked(Definition definition, String path) {
    return copied(
        definition,
        path,
        new FileAction.CopyOptions(
            false, false, true, false, false, false, false, List.of(), List.of(), List.of()));
  }

  /** A directory of the graph's result. */
  static Definition directory(Definition definition, String path) {
    return copied(
        definition,
        path,
        new FileAction.CopyOptions(
            false, true, false, false, false, false, false, List.of(), List.of(), List.of()));
  }

  private static Definition copied(
      Definition definition, String path, FileAction.CopyOptions options) {
    if (definition.result().isEmpty()) {
      return definition;
    }
    FileAction.Change copy =
        new FileAction.Change.Copy(
            path, "/", Optional.empty(), OptionalInt.empty(), "", options, FileAction.NO_TIMESTAMP);
    Vertex vertex =
        LlbCodec.vertex(
            new Op.File(List.of(new FileAction(-1, 0, 0, copy))),
            List.of(definition.result().get()),
            Optional.empty(),
            VertexMetadata.NONE);
    Map<Digest, Vertex> vertices = new LinkedHashMap<>(definition.vertices());
    vertices.put(vertex.digest(), vertex);
    return new Definition(
        vertices, Optional.of(new Edge(vertex.digest(), 0)), definition.sources());
  }

  /** The only source of a graph; empty when it has none or several. */
  static Optional<Op.Source> onlySource(Definition definition) {
    List<Op.Source> sources =
        definition.vertices().values().stream()
            .map(Vertex::op)
            .filter(Op.Source.class::isInstance)
            .map(Op.Source.class::cast)
            .toList();
    return sources.size() == 1 ? Optional.of(sources.getFirst()) : Optional.empty();
  }
}
