package dev.slipway.frontend.dockerfile.subrequest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.oci.Digest;
import dev.slipway.oci.OciJson;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.ops.Op;
import dev.slipway.protocol.buildkit.ops.OpMetadata;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** The graph of a Dockerfile as JSON. */
public final class GraphAnswer {
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().omittingInsignificantWhitespace();

  private GraphAnswer() {}

  /** Returns the answer to {@link Question#CONVERT}. */
  public static Answer answer(Definition definition) throws SlipwayException {
    dev.slipway.protocol.buildkit.ops.Definition wire = LlbCodec.encode(definition);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode operations = json.putObject("def");
    try {
      for (com.google.protobuf.ByteString bytes : wire.getDefList()) {
        operations.set(Digest.of(bytes.toByteArray()).value(), tree(Op.parseFrom(bytes)));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new SlipwayException(ErrorKind.INTERNAL, "an operation cannot be read again", e);
    }
    ObjectNode metadata = json.putObject("metadata");
    wire.getMetadataMap().forEach((digest, value) -> metadata.set(digest, metadata(value)));
    json.set("source", tree(wire.getSource()));
    return new Answer(Question.CONVERT, OciJson.indented(json), Optional.empty(), Map.of());
  }

  private static com.fasterxml.jackson.databind.JsonNode tree(MessageOrBuilder message)
      throws SlipwayException {
    try {
      return OciJson.tree(PRINTER.print(message).getBytes(StandardCharsets.UTF_8));
    } catch (InvalidProtocolBufferException e) {
      throw new SlipwayException(ErrorKind.INTERNAL, "an operation has no JSON form", e);
    }
  }

  /** In the form of BuildKit's client library, which is not that of the message. */
  private static ObjectNode metadata(OpMetadata value) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    if (value.getIgnoreCache()) {
      node.put("ignore_cache", true);
    }
    if (value.getDescriptionCount() > 0) {
      ObjectNode description = node.putObject("description");
      new java.util.TreeMap<>(value.getDescriptionMap()).forEach(description::put);
    }
    if (value.getCapsCount() > 0) {
      ObjectNode capabilities = node.putObject("caps");
      new java.util.TreeMap<>(value.getCapsMap()).forEach(capabilities::put);
    }
    if (value.hasProgressGroup()) {
      ObjectNode group = node.putObject("progress_group");
      TargetList.putUnlessEmpty(group, "id", value.getProgressGroup().getId());
      TargetList.putUnlessEmpty(group, "name", value.getProgressGroup().getName());
      if (value.getProgressGroup().getWeak()) {
        group.put("weak", true);
      }
    }
    return node;
  }
}
