package dev.slipway.graph;

import dev.slipway.oci.Digest;

/**
 * One output of a vertex.
 *
 * @param vertex digest of the vertex
 * @param output index of the output, 0-based
 */
public record Edge(Digest vertex, int output) {
  public Edge {
    if (output < 0) {
      throw new IllegalArgumentException("output index " + output + " is negative");
    }
  }
}
