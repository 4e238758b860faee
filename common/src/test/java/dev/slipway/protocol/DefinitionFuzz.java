package dev.slipway.protocol;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;

/** Definitions as clients send them: read, named, keyed, written and read again. */
public final class DefinitionFuzz {
  private DefinitionFuzz() {}

  public static void fuzzerTestOneInput(byte[] data) {
    Definition definition;
    try {
      definition = LlbCodec.decode(dev.slipway.protocol.buildkit.ops.Definition.parseFrom(data));
    } catch (InvalidProtocolBufferException | SlipwayException _) {
      return;
    }
    for (Vertex vertex : definition.vertices().values()) {
      if (vertex.name() == null || CanonicalOp.of(vertex.bytes()).length > data.length * 2) {
        throw new AssertionError("a vertex without a name, or with a key longer than itself");
      }
    }
    Definition again;
    try {
      again = LlbCodec.decode(LlbCodec.encode(definition));
    } catch (SlipwayException e) {
      throw new AssertionError("what was written is refused", e);
    }
    if (!again.vertices().keySet().equals(definition.vertices().keySet())
        || !again.result().equals(definition.result())) {
      throw new AssertionError("what was written is something else");
    }
  }
}
