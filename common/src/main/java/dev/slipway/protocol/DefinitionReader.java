package dev.slipway.protocol;

import static dev.slipway.protocol.LlbCodec.invalid;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.buildkit.ops.Input;
import dev.slipway.protocol.buildkit.ops.Op;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads one definition: its ops in whatever order they are listed, those that the result needs and
 * no others. What nobody needs is not looked at, so that a client may send more than the farm
 * knows. Owned by one thread.
 */
final class DefinitionReader {
  private final dev.slipway.protocol.buildkit.ops.Definition wire;
  private final Map<Digest, Listed> listed = new LinkedHashMap<>();
  private final Map<Digest, Vertex> vertices = new LinkedHashMap<>();

  /** An op as it stands in the list. */
  private record Listed(Op op, byte[] bytes) {}

  private DefinitionReader(dev.slipway.protocol.buildkit.ops.Definition wire) {
    this.wire = wire;
  }

  static Definition read(dev.slipway.protocol.buildkit.ops.Definition wire)
      throws SlipwayException {
    return new DefinitionReader(wire).read();
  }

  private Definition read() throws SlipwayException {
    Digest last = null;
    for (ByteString serialized : wire.getDefList()) {
      byte[] bytes = serialized.toByteArray();
      last = Digest.of(bytes);
      listed.put(last, new Listed(LlbCodec.parse(bytes), bytes));
    }
    if (last == null || listed.size() < 2) {
      throw invalid("invalid LLB with " + listed.size() + " vertexes");
    }
    Op end = listed.remove(last).op();
    if (end.getInputsCount() == 0) {
      throw invalid("invalid LLB with no inputs on last vertex");
    }
    Edge result = LlbCodec.decodeInput(end.getInputs(0));
    Set<Digest> needed = needed(result.vertex());
    for (Digest digest : listed.keySet()) {
      if (needed.contains(digest)) {
        add(digest);
      }
    }
    checkOutput(result);
    return new Definition(vertices, Optional.of(result), SourceMapCodec.decode(wire.getSource()));
  }

  private Set<Digest> needed(Digest result) throws SlipwayException {
    Set<Digest> needed = new HashSet<>();
    Deque<Digest> open = new ArrayDeque<>(List.of(result));
    while (!open.isEmpty()) {
      Digest digest = open.pop();
      if (!needed.add(digest)) {
        continue;
      }
      for (Input input : op(digest).op().getInputsList()) {
        open.push(LlbCodec.decodeInput(input).vertex());
      }
    }
    return needed;
  }

  /** Adds the vertex after those that it needs; there are no circles, since digests name bytes. */
  private void add(Digest first) throws SlipwayException {
    Deque<Digest> open = new ArrayDeque<>(List.of(first));
    while (!open.isEmpty()) {
      Digest digest = open.peek();
      if (vertices.containsKey(digest)) {
        open.pop();
        continue;
      }
      boolean ready = true;
      for (Input input : op(digest).op().getInputsList()) {
        Digest needed = LlbCodec.decodeInput(input).vertex();
        if (!vertices.containsKey(needed)) {
          open.push(needed);
          ready = false;
        }
      }
      if (ready) {
        open.pop();
        vertices.put(digest, vertex(digest));
      }
    }
  }

  private Vertex vertex(Digest digest) throws SlipwayException {
    Listed one = op(digest);
    Vertex vertex =
        LlbCodec.readVertex(
            one.op(),
            one.bytes(),
            digest,
            LlbCodec.decodeMetadata(wire.getMetadataMap().get(digest.value())));
    for (Edge input : vertex.inputs()) {
      checkOutput(input);
    }
    return vertex.named(
        vertex.inputs().stream().map(edge -> vertices.get(edge.vertex()).name()).toList());
  }

  private Listed op(Digest digest) throws SlipwayException {
    Listed found = listed.get(digest);
    if (found == null) {
      throw invalid("invalid missing input digest " + digest);
    }
    return found;
  }

  private void checkOutput(Edge edge) throws SlipwayException {
    int outputs = OpCodec.outputs(vertices.get(edge.vertex()).op());
    if (edge.output() >= outputs) {
      throw invalid(
          "invalid output index "
              + edge.output()
              + " of vertex "
              + edge.vertex()
              + ", it has "
              + outputs);
    }
  }
}
