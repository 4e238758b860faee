package dev.slipway.protocol;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.buildkit.ops.SourceOp;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts other sources into a definition. What builds on one gets another digest too, and everything
 * else of it stays, fields that nobody here knows included. Pure.
 */
public final class SourceRewriter {
  private SourceRewriter() {}

  /**
   * Returns the definition with the changed sources.
   *
   * @param changed by digest of the vertex
   */
  public static Definition rewrite(Definition definition, Map<Digest, Op.Source> changed)
      throws SlipwayException {
    if (changed.isEmpty()) {
      return definition;
    }
    Map<Digest, Digest> renamed = new HashMap<>();
    Map<Digest, Vertex> vertices = new LinkedHashMap<>();
    for (Vertex vertex : definition.vertices().values()) {
      Vertex now = rewrite(vertex, Optional.ofNullable(changed.get(vertex.digest())), renamed);
      if (!now.digest().equals(vertex.digest())) {
        renamed.put(vertex.digest(), now.digest());
      }
      vertices.put(now.digest(), now);
    }
    return new Definition(
        vertices,
        definition.result().map(edge -> renamed(edge, renamed)),
        locations(definition.sources(), renamed));
  }

  private static Vertex rewrite(
      Vertex vertex, Optional<Op.Source> changed, Map<Digest, Digest> renamed)
      throws SlipwayException {
    boolean sameInputs =
        vertex.inputs().stream().noneMatch(edge -> renamed.containsKey(edge.vertex()));
    if (changed.isEmpty() && sameInputs) {
      return vertex;
    }
    dev.slipway.protocol.buildkit.ops.Op.Builder wire = LlbCodec.parse(vertex.bytes()).toBuilder();
    for (int i = 0; i < wire.getInputsCount(); i++) {
      Digest now = renamed.get(new Digest(wire.getInputs(i).getDigest()));
      if (now != null) {
        wire.getInputsBuilder(i).setDigest(now.value());
      }
    }
    if (changed.isPresent()) {
      wire.setSource(
          SourceOp.newBuilder()
              .setIdentifier(changed.get().identifier())
              .putAllAttrs(changed.get().attributes()));
    }
    byte[] bytes = LlbCodec.serialize(wire.build());
    return LlbCodec.readVertex(bytes, Digest.of(bytes), vertex.metadata());
  }

  private static Edge renamed(Edge edge, Map<Digest, Digest> renamed) {
    return new Edge(renamed.getOrDefault(edge.vertex(), edge.vertex()), edge.output());
  }

  private static SourceMap locations(SourceMap sources, Map<Digest, Digest> renamed) {
    Map<Digest, List<SourceMap.Location>> locations = new HashMap<>();
    sources
        .locations()
        .forEach((digest, places) -> locations.put(renamed.getOrDefault(digest, digest), places));
    return new SourceMap(sources.files(), locations);
  }
}
