package dev.slipway.graph;

import dev.slipway.oci.Digest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A build graph with its result.
 *
 * @param vertices by digest, inputs before users
 * @param result empty = scratch
 */
public record Definition(Map<Digest, Vertex> vertices, Optional<Edge> result, SourceMap sources) {
  public static final Definition SCRATCH =
      new Definition(Map.of(), Optional.empty(), SourceMap.EMPTY);

  public Definition {
    vertices = Collections.unmodifiableMap(new LinkedHashMap<>(vertices));
    for (Vertex vertex : vertices.values()) {
      for (Edge input : vertex.inputs()) {
        if (!vertices.containsKey(input.vertex())) {
          throw new IllegalArgumentException("invalid missing input digest " + input.vertex());
        }
      }
    }
  }

  /**
   * Returns the vertex.
   *
   * @throws IllegalArgumentException if the graph has none with this digest
   */
  public Vertex vertex(Digest digest) {
    Vertex vertex = vertices.get(digest);
    if (vertex == null) {
      throw new IllegalArgumentException("no vertex " + digest + " in the graph");
    }
    return vertex;
  }
}
