package dev.slipway.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.LinuxResources;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.buildkit.ops.Input;
import dev.slipway.protocol.buildkit.ops.Meta;
import dev.slipway.protocol.buildkit.ops.OpMetadata;
import dev.slipway.protocol.buildkit.ops.ProgressGroup;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * LLB between its wire form and {@link dev.slipway.graph}. Everything read is checked: what comes
 * out has every index in range. Errors are INVALID, or UNSUPPORTED for what LLB has and Slipway has
 * not yet.
 *
 * <p>Wire form: each op is serialized by itself, its digest is the SHA-256 of these bytes; a
 * definition lists the serialized ops, inputs before users, and ends with an op that is nothing but
 * one input, the result.
 */
public final class LlbCodec {
  /** Vertices of one definition; the largest real ones have a few thousand. */
  static final int MAX_VERTICES = 50_000;

  private LlbCodec() {}

  /** Reads a definition; one without any op is scratch. */
  public static Definition decode(dev.slipway.protocol.buildkit.ops.Definition wire)
      throws SlipwayException {
    int count = wire.getDefCount();
    if (count == 0) {
      return Definition.SCRATCH;
    }
    if (count > MAX_VERTICES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "invalid LLB with " + count + " vertexes: at most " + MAX_VERTICES + " are allowed");
    }
    return DefinitionReader.read(wire);
  }

  /** Writes a definition; the bytes of its vertices stay what they are. */
  public static dev.slipway.protocol.buildkit.ops.Definition encode(Definition definition) {
    dev.slipway.protocol.buildkit.ops.Definition.Builder wire =
        dev.slipway.protocol.buildkit.ops.Definition.newBuilder();
    if (definition.result().isEmpty()) {
      return wire.build();
    }
    for (Vertex vertex : definition.vertices().values()) {
      wire.addDef(ByteString.copyFrom(vertex.bytes()));
      wire.putMetadata(vertex.digest().value(), encodeMetadata(vertex.metadata()));
    }
    dev.slipway.protocol.buildkit.ops.Op last =
        dev.slipway.protocol.buildkit.ops.Op.newBuilder()
            .addInputs(encodeInput(definition.result().orElseThrow()))
            .build();
    byte[] lastBytes = serialize(last);
    wire.addDef(ByteString.copyFrom(lastBytes));
    wire.putMetadata(Digest.of(lastBytes).value(), OpMetadata.getDefaultInstance());
    return wire.setSource(SourceMapCodec.encode(definition.sources())).build();
  }

  /**
   * Makes a vertex: serializes the op, the same op always to the same bytes, and computes the
   * digest.
   */
  public static Vertex vertex(
      Op op, List<Edge> inputs, Optional<Platform> platform, VertexMetadata metadata) {
    byte[] bytes = serialize(encodeOp(op, inputs, platform));
    return new Vertex(Digest.of(bytes), bytes, op, inputs, platform, metadata);
  }

  /** Reads a serialized op, indexes checked against the inputs that it names. */
  public static Op readOp(byte[] bytes) throws SlipwayException {
    return decodeOp(parse(bytes));
  }

  /** Reads a serialized op as a vertex without metadata. */
  public static Vertex readVertex(byte[] bytes) throws SlipwayException {
    return readVertex(bytes, Digest.of(bytes), VertexMetadata.NONE);
  }

  /** Reads the op of a message. */
  public static Op decodeOp(dev.slipway.protocol.buildkit.ops.Op wire) throws SlipwayException {
    return OpCodec.decode(wire);
  }

  /** Reads the process of an exec op. */
  public static ExecMeta readMeta(Meta wire) throws SlipwayException {
    return ExecCodec.meta(wire);
  }

  /** Writes an op with its inputs and platform. */
  public static dev.slipway.protocol.buildkit.ops.Op encodeOp(
      Op op, List<Edge> inputs, Optional<Platform> platform) {
    dev.slipway.protocol.buildkit.ops.Op.Builder wire =
        dev.slipway.protocol.buildkit.ops.Op.newBuilder();
    inputs.forEach(input -> wire.addInputs(encodeInput(input)));
    platform.ifPresent(value -> wire.setPlatform(encodePlatform(value)));
    OpCodec.encode(op, wire);
    return wire.build();
  }

  /** Reads a platform. */
  public static Platform decodePlatform(dev.slipway.protocol.buildkit.ops.Platform wire)
      throws SlipwayException {
    try {
      return new Platform(
          wire.getOS(), wire.getArchitecture(), wire.getVariant(), wire.getOSVersion());
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid platform: " + e.getMessage(), e);
    }
  }

  /** Writes a platform. */
  public static dev.slipway.protocol.buildkit.ops.Platform encodePlatform(Platform platform) {
    return dev.slipway.protocol.buildkit.ops.Platform.newBuilder()
        .setOS(platform.os())
        .setArchitecture(platform.architecture())
        .setVariant(platform.variant())
        .setOSVersion(platform.osVersion())
        .build();
  }

  static Vertex readVertex(byte[] bytes, Digest digest, VertexMetadata metadata)
      throws SlipwayException {
    return readVertex(parse(bytes), bytes, digest, metadata);
  }

  static Vertex readVertex(
      dev.slipway.protocol.buildkit.ops.Op wire,
      byte[] bytes,
      Digest digest,
      VertexMetadata metadata)
      throws SlipwayException {
    Edge[] inputs = new Edge[wire.getInputsCount()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = decodeInput(wire.getInputs(i));
    }
    boolean anywhere =
        !wire.hasPlatform()
            || wire.getPlatform().getOS().isEmpty()
                && wire.getPlatform().getArchitecture().isEmpty();
    Optional<Platform> platform =
        anywhere ? Optional.empty() : Optional.of(decodePlatform(wire.getPlatform()));
    return new Vertex(digest, bytes, decodeOp(wire), List.of(inputs), platform, metadata);
  }

  static Edge decodeInput(Input wire) throws SlipwayException {
    if (!Digest.isDigest(wire.getDigest())) {
      throw invalid("invalid missing input digest " + wire.getDigest());
    }
    return new Edge(
        new Digest(wire.getDigest()), index(wire.getIndex(), 0, Integer.MAX_VALUE, "output"));
  }

  private static Input encodeInput(Edge edge) {
    return Input.newBuilder().setDigest(edge.vertex().value()).setIndex(edge.output()).build();
  }

  static VertexMetadata decodeMetadata(OpMetadata wire) throws SlipwayException {
    if (wire == null) {
      return VertexMetadata.NONE;
    }
    ProgressGroup group = wire.getProgressGroup();
    return new VertexMetadata(
        wire.getIgnoreCache(),
        wire.getDescriptionMap(),
        wire.hasProgressGroup()
            ? Optional.of(
                new VertexMetadata.ProgressGroup(group.getId(), group.getName(), group.getWeak()))
            : Optional.empty(),
        wire.getCapsMap(),
        wire.hasLinuxResources() && wire.getLinuxResources().getSerializedSize() > 0
            ? Optional.of(decodeResources(wire.getLinuxResources()))
            : Optional.empty());
  }

  /** Reads the limits of a process. */
  public static LinuxResources decodeResources(
      dev.slipway.protocol.buildkit.ops.LinuxResources wire) {
    return new LinuxResources(
        wire.getMemory(),
        wire.getMemorySwap(),
        wire.getCpuShares(),
        wire.getCpuPeriod(),
        wire.getCpuQuota(),
        wire.getCpusetCpus(),
        wire.getCpusetMems());
  }

  /** Writes the limits of a process. */
  public static dev.slipway.protocol.buildkit.ops.LinuxResources encodeResources(
      LinuxResources resources) {
    return dev.slipway.protocol.buildkit.ops.LinuxResources.newBuilder()
        .setMemory(resources.memory())
        .setMemorySwap(resources.memorySwap())
        .setCpuShares(resources.cpuShares())
        .setCpuPeriod(resources.cpuPeriod())
        .setCpuQuota(resources.cpuQuota())
        .setCpusetCpus(resources.cpusetCpus())
        .setCpusetMems(resources.cpusetMems())
        .build();
  }

  private static OpMetadata encodeMetadata(VertexMetadata metadata) {
    OpMetadata.Builder wire =
        OpMetadata.newBuilder()
            .setIgnoreCache(metadata.ignoreCache())
            .putAllDescription(metadata.description())
            .putAllCaps(metadata.capabilities());
    metadata
        .progressGroup()
        .ifPresent(group ->
            wire.setProgressGroup(
                ProgressGroup.newBuilder()
                    .setId(group.id())
                    .setName(group.name())
                    .setWeak(group.weak())));
    metadata.resources().ifPresent(resources -> wire.setLinuxResources(encodeResources(resources)));
    return wire.build();
  }

  static dev.slipway.protocol.buildkit.ops.Op parse(byte[] bytes) throws SlipwayException {
    try {
      return dev.slipway.protocol.buildkit.ops.Op.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "failed to parse llb proto op: " + e.getMessage(), e);
    }
  }

  static byte[] serialize(Message message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new IllegalStateException("an array of the right size takes the message", e);
    }
    return bytes;
  }

  static int index(long value, long lowest, long limit, String what) throws SlipwayException {
    if (value < lowest || value >= limit) {
      throw invalid("invalid " + what + " index " + value);
    }
    return (int) value;
  }

  static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }

  static SlipwayException unsupported(String what) {
    return new SlipwayException(ErrorKind.UNSUPPORTED, "LLB: " + what + ": not supported yet");
  }
}
