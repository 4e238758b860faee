package dev.slipway.graph;

import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Optional;

/**
 * A node of the build graph.
 *
 * @param digest SHA-256 of {@code bytes}
 * @param bytes the serialized op as received; never changed, never encoded again
 * @param platform of exec ops and image sources; empty = the farm's default
 * @param opName what it is called when nobody gave it a name
 */
public record Vertex(
    Digest digest,
    byte[] bytes,
    Op op,
    List<Edge> inputs,
    Optional<Platform> platform,
    VertexMetadata metadata,
    String opName) {
  public Vertex {
    inputs = List.copyOf(inputs);
  }

  /** A vertex whose inputs are not named. */
  public Vertex(
      Digest digest,
      byte[] bytes,
      Op op,
      List<Edge> inputs,
      Optional<Platform> platform,
      VertexMetadata metadata) {
    this(digest, bytes, op, inputs, platform, metadata, VertexNames.of(op, List.of()));
  }

  /** The same, named after its inputs where its op is. @param names of its inputs, in order */
  public Vertex named(List<String> names) {
    return new Vertex(digest, bytes, op, inputs, platform, metadata, VertexNames.of(op, names));
  }

  /** The name shown to the user: the custom name if there is one, else made from the op. */
  public String name() {
    String custom = metadata.description().get("llb.customname");
    return custom != null ? custom : opName;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Vertex vertex && vertex.digest.equals(digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return digest + " (" + name() + ")";
  }
}
