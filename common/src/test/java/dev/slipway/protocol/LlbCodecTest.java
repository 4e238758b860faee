package dev.slipway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.SecretEnvironment;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.buildkit.ops.FileActionCopy;
import dev.slipway.protocol.buildkit.ops.FileOp;
import dev.slipway.protocol.buildkit.ops.Input;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LlbCodecTest {
  private static final Vertex IMAGE =
      source(
          "docker-image://docker.io/library/busybox:latest",
          Map.of("image.resolvemode", "pull", "a", "b", "z", "y"));
  private static final FileAction.CopyOptions COPY_OPTIONS =
      new FileAction.CopyOptions(
          true,
          true,
          false,
          true,
          true,
          true,
          false,
          List.of("*.c"),
          List.of("x", "y"),
          List.of("r"));

  @Test
  void writesTheBytesThatGoClientsWrite() {
    Vertex vertex =
        LlbCodec.vertex(
            new Op.Source("local://context", Map.of("b", "2", "a", "1")),
            List.of(),
            Optional.empty(),
            VertexMetadata.NONE);

    assertThat(HexFormat.of().formatHex(vertex.bytes()))
        .isEqualTo(
            "1a21" // field 3, source op
                + "0a0f"
                + HexFormat.of().formatHex("local://context".getBytes())
                + "12060a01611201311206"
                + "0a0162120132"); // attributes by key
    assertThat(vertex.digest()).isEqualTo(Digest.of(vertex.bytes()));
  }

  @Test
  void readsBackEveryFieldOfAnExec() throws Exception {
    Op.Exec exec = exec();
    Vertex vertex =
        LlbCodec.vertex(
            exec,
            List.of(new Edge(IMAGE.digest(), 0)),
            Optional.of(Platform.LINUX_ARM64),
            VertexMetadata.NONE);

    Vertex read = LlbCodec.readVertex(vertex.bytes());

    assertThat(read.op()).isEqualTo(exec);
    assertThat(read.platform()).contains(Platform.LINUX_ARM64);
    assertThat(read.inputs()).containsExactly(new Edge(IMAGE.digest(), 0));
    assertThat(read.digest()).isEqualTo(vertex.digest());
  }

  @Test
  void readsBackEveryKindOfFileAction() throws Exception {
    Optional<FileAction.Owner> owner =
        Optional.of(
            new FileAction.Owner(
                Optional.of(new FileAction.Identity.ByName("app", 0)),
                Optional.of(new FileAction.Identity.ById(7))));
    Op.File file =
        new Op.File(
            List.of(
                new FileAction(
                    0,
                    1,
                    -1,
                    new FileAction.Change.Copy(
                        "/a*", "/b/", owner, OptionalInt.of(0755), "", COPY_OPTIONS, -1)),
                new FileAction(
                    2,
                    1,
                    -1,
                    new FileAction.Change.Copy(
                        "/c", "/d", Optional.empty(), OptionalInt.empty(), "u+x", COPY_OPTIONS, 5)),
                new FileAction(
                    3, -1, -1, new FileAction.Change.MakeDirectory("/e", 0700, true, owner, -1)),
                new FileAction(
                    4, -1, -1, new FileAction.Change.MakeSymlink("e", "/f", Optional.empty(), -1)),
                new FileAction(5, -1, 0, new FileAction.Change.Remove("/g", true, false))));

    assertThat(
            LlbCodec.readOp(
                LlbCodec.vertex(file, edges(IMAGE, IMAGE), Optional.empty(), VertexMetadata.NONE)
                    .bytes()))
        .isEqualTo(file);
  }

  @Test
  void aSymbolicModeCountsAndNotTheNumberBesideIt() throws Exception {
    FileActionCopy copy =
        FileActionCopy.newBuilder().setSrc("/a").setDest("/b").setModeStr("go-w").build();
    FileOp wire =
        FileOp.newBuilder()
            .addActions(
                dev.slipway.protocol.buildkit.ops.FileAction.newBuilder()
                    .setInput(-1)
                    .setSecondaryInput(0)
                    .setCopy(copy))
            .build();

    assertThat(FileOpCodec.decode(wire, 1).actions().getFirst().change())
        .isInstanceOfSatisfying(
            FileAction.Change.Copy.class, read -> assertThat(read.mode()).isEmpty());
  }

  @Test
  void readsBackFileContents() throws Exception {
    Op.File file =
        new Op.File(
            List.of(
                new FileAction(
                    -1,
                    -1,
                    0,
                    new FileAction.Change.MakeFile(
                        "/x", 0644, new byte[] {1, 2}, Optional.empty(), -1))));

    Op.File read =
        (Op.File)
            LlbCodec.readOp(
                LlbCodec.vertex(file, List.of(), Optional.empty(), VertexMetadata.NONE).bytes());

    assertThat(((FileAction.Change.MakeFile) read.actions().getFirst().change()).data())
        .containsExactly(1, 2);
  }

  @Test
  void readsBackMergeDiffBuildAndPassthrough() throws Exception {
    for (Op op :
        List.of(
            new Op.Merge(List.of(0, 1)),
            new Op.Diff(-1, 1),
            new Op.Build(1, Map.of("llbbuild.filename", "f")),
            new Op.Passthrough("needs", List.of(1, 0)))) {
      assertThat(
              LlbCodec.readOp(
                  LlbCodec.vertex(op, edges(IMAGE, IMAGE), Optional.empty(), VertexMetadata.NONE)
                      .bytes()))
          .isEqualTo(op);
    }
  }

  @Test
  void readsBackDefinitionWithMetadataAndSources() throws Exception {
    VertexMetadata metadata =
        new VertexMetadata(
            true,
            Map.of("llb.customname", "[1/1] RUN make"),
            Optional.of(new VertexMetadata.ProgressGroup("g", "group", true)),
            Map.of("exec.meta.base", true));
    Vertex run = LlbCodec.vertex(exec(), edges(IMAGE), Optional.of(Platform.LINUX_AMD64), metadata);
    SourceMap sources =
        new SourceMap(
            List.of(new SourceMap.SourceFile("Dockerfile", "FROM x".getBytes(), "Dockerfile")),
            Map.of(
                run.digest(),
                List.of(new SourceMap.Location(0, List.of(SourceMap.Range.lines(2, 3))))));
    Definition definition = definition(run, sources, IMAGE, run);

    Definition read = LlbCodec.decode(LlbCodec.encode(definition));

    assertThat(read.vertices().keySet()).containsExactly(IMAGE.digest(), run.digest());
    assertThat(read.result()).isEqualTo(definition.result());
    assertThat(read.vertex(run.digest()).metadata()).isEqualTo(metadata);
    assertThat(read.vertex(run.digest()).name()).isEqualTo("[1/1] RUN make");
    assertThat(read.sources().locations()).isEqualTo(sources.locations());
    assertThat(read.sources().files().getFirst().data()).isEqualTo("FROM x".getBytes());
  }

  @Test
  void takesAnEmptyDefinitionForScratch() throws Exception {
    assertThat(LlbCodec.decode(dev.slipway.protocol.buildkit.ops.Definition.getDefaultInstance()))
        .isEqualTo(Definition.SCRATCH);
    assertThat(LlbCodec.encode(Definition.SCRATCH).getDefCount()).isZero();
  }

  @Test
  void keepsTheBytesOfAVertexAsReceived() throws Exception {
    byte[] unusual = new byte[IMAGE.bytes().length + 4];
    System.arraycopy(IMAGE.bytes(), 0, unusual, 0, IMAGE.bytes().length);
    unusual[unusual.length - 4] = (byte) 0xf8; // field 127, a varint that nobody knows
    unusual[unusual.length - 3] = 7;
    unusual[unusual.length - 2] = (byte) 0x81;
    unusual[unusual.length - 1] = 0;

    Vertex vertex = LlbCodec.readVertex(unusual);

    assertThat(vertex.bytes()).isEqualTo(unusual);
    assertThat(vertex.digest()).isEqualTo(Digest.of(unusual));
  }

  @Test
  void refusesDefinitionOfOneVertex() {
    assertInvalid(raw(IMAGE.bytes()), "invalid LLB with 1 vertexes");
  }

  @Test
  void refusesDefinitionWithoutResult() {
    Vertex run = LlbCodec.vertex(exec(), edges(IMAGE), Optional.empty(), VertexMetadata.NONE);

    assertInvalid(raw(run.bytes(), IMAGE.bytes()), "invalid LLB with no inputs on last vertex");
  }

  @Test
  void takesOpsInAnyOrder() throws Exception {
    Vertex merge =
        LlbCodec.vertex(
            new Op.Merge(List.of(0)), edges(IMAGE), Optional.empty(), VertexMetadata.NONE);

    Definition read = LlbCodec.decode(raw(merge.bytes(), IMAGE.bytes(), result(merge.digest(), 0)));

    assertThat(read.vertices().keySet()).containsExactly(IMAGE.digest(), merge.digest());
  }

  @Test
  void leavesOutWhatTheResultDoesNotNeedHoweverWrongItIs() throws Exception {
    byte[] nothing = new byte[0];

    Definition read = LlbCodec.decode(raw(nothing, IMAGE.bytes(), result(IMAGE.digest(), 0)));

    assertThat(read.vertices().keySet()).containsExactly(IMAGE.digest());
  }

  @Test
  void namesMergesAndDifferencesAfterTheirInputs() throws Exception {
    Vertex other = source("local://context", Map.of());
    Vertex diff =
        LlbCodec.vertex(new Op.Diff(-1, 0), edges(other), Optional.empty(), VertexMetadata.NONE);
    Vertex merge =
        LlbCodec.vertex(
            new Op.Merge(List.of(0, 1)), edges(other, diff), Optional.empty(), VertexMetadata.NONE);

    Definition read =
        LlbCodec.decode(raw(other.bytes(), diff.bytes(), merge.bytes(), result(merge.digest(), 0)));

    assertThat(read.vertex(merge.digest()).name())
        .isEqualTo("merge (local://context, diff scratch -> (local://context))");
  }

  @Test
  void boundsTheNameOfAMergeOfMerges() throws Exception {
    ArrayList<byte[]> ops = new ArrayList<>(List.of(IMAGE.bytes()));
    Vertex top = IMAGE;
    for (int level = 0; level < 40; level++) {
      top =
          LlbCodec.vertex(
              new Op.Merge(List.of(0, 1)), edges(top, top), Optional.empty(), VertexMetadata.NONE);
      ops.add(top.bytes());
    }
    ops.add(result(top.digest(), 0));

    Definition read = LlbCodec.decode(raw(ops.toArray(byte[][]::new)));

    assertThat(read.vertex(top.digest()).name()).hasSizeLessThanOrEqualTo(1000);
  }

  @Test
  void refusesFileOpsWhoseOutputsHaveGapsOrAreDouble() {
    FileAction none = new FileAction(0, -1, -1, new FileAction.Change.Remove("/g", true, false));
    FileAction first = new FileAction(0, -1, 0, new FileAction.Change.Remove("/g", true, false));
    FileAction second = new FileAction(0, -1, 1, new FileAction.Change.Remove("/g", true, false));

    assertInvalid(new Op.File(List.of(none)), edges(IMAGE), "no outputs specified");
    assertInvalid(new Op.File(List.of(first, first)), edges(IMAGE), "duplicate output 0");
    assertInvalid(new Op.File(List.of(none, second)), edges(IMAGE), "missing output index 0");
  }

  @Test
  void refusesPassthroughOfNothing() {
    assertInvalid(
        new Op.Passthrough("", List.of(0)), edges(IMAGE), "invalid passthrough op with no id");
    assertInvalid(
        new Op.Passthrough("a", List.of()), edges(IMAGE), "invalid passthrough op with no outputs");
    assertInvalid(
        new Op.Passthrough("a", List.of(1)),
        edges(IMAGE),
        "invalid passthrough output input index 1");
  }

  @Test
  void refusesUnknownInput() {
    Vertex run = LlbCodec.vertex(exec(), edges(IMAGE), Optional.empty(), VertexMetadata.NONE);

    assertInvalid(
        raw(run.bytes(), result(run.digest(), 0)),
        "invalid missing input digest " + IMAGE.digest());
    assertInvalid(
        raw(IMAGE.bytes(), result(run.digest(), 0)),
        "invalid missing input digest " + run.digest());
  }

  @Test
  void refusesOutputThatTheOpDoesNotHave() {
    assertInvalid(raw(IMAGE.bytes(), result(IMAGE.digest(), 1)), "invalid output index 1");
  }

  @Test
  void refusesIndexesOutOfRange() {
    assertInvalid(new Op.Merge(List.of(1)), edges(IMAGE), "invalid merge input index 1");
    assertInvalid(
        new Op.File(
            List.of(new FileAction(1, -1, 0, new FileAction.Change.Remove("/g", true, false)))),
        edges(IMAGE),
        "invalid file action input index 1");
    assertInvalid(
        new Op.Exec(
            meta(),
            List.of(new Mount(3, "", "/", 0, false, new Mount.Kind.Bind())),
            Op.Network.NONE,
            false,
            List.of()),
        edges(IMAGE),
        "invalid mount input index 3");
  }

  @Test
  void mountsThatAreNoFilesHaveNoOutputWhateverTheClientSays() throws Exception {
    Op.Exec exec = exec();
    var wire = LlbCodec.encodeOp(exec, edges(IMAGE), Optional.empty()).toBuilder();
    wire.getExecBuilder().getMountsBuilderList().stream()
        .filter(mount -> mount.hasSecretOpt() || mount.hasSSHOpt())
        .forEach(mount -> mount.setOutput(0));

    assertThat(LlbCodec.decodeOp(wire.build())).isEqualTo(exec);
  }

  @Test
  void refusesExecWithoutRoot() {
    assertInvalid(
        new Op.Exec(
            meta(),
            List.of(new Mount(0, "", "/x", 0, false, new Mount.Kind.Bind())),
            Op.Network.NONE,
            false,
            List.of()),
        edges(IMAGE),
        "invalid exec op with no rootfs");
  }

  @Test
  void refusesBytesThatAreNoOp() {
    assertThatThrownBy(() -> LlbCodec.readOp(new byte[] {1, 2, 3}))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("failed to parse llb proto op");
    assertThatThrownBy(() -> LlbCodec.readOp(new byte[0]))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("without an op");
  }

  private static Op.Exec exec() {
    return new Op.Exec(
        meta(),
        List.of(
            new Mount(0, "", "/", 0, false, new Mount.Kind.Bind()),
            new Mount(0, "/sub", "/bind", -1, true, new Mount.Kind.Bind()),
            new Mount(
                -1, "", "/cache", -1, false, new Mount.Kind.Cache("id", Mount.Sharing.LOCKED)),
            new Mount(-1, "", "/tmp", -1, false, new Mount.Kind.Tmpfs(4096)),
            new Mount(
                -1, "", "/run/secrets/s", -1, false, new Mount.Kind.Secret("s", 1, 2, 0400, true)),
            new Mount(-1, "", "/ssh", -1, false, new Mount.Kind.Ssh("default", 0, 0, 0600, false))),
        Op.Network.HOST,
        true,
        List.of(new SecretEnvironment("id", "TOKEN", true)));
  }

  private static ExecMeta meta() {
    return new ExecMeta(
        List.of("/bin/sh", "-c", "make"),
        List.of("A=1"),
        "/work",
        "app:app",
        "host",
        List.of(new ExecMeta.ExtraHost("db", "10.0.0.1")),
        List.of(new ExecMeta.Ulimit("nofile", 1024, 2048)),
        List.of("HTTP_PROXY=p", "http_proxy=p"),
        List.of(0, 3));
  }

  private static Vertex source(String identifier, Map<String, String> attributes) {
    return LlbCodec.vertex(
        new Op.Source(identifier, attributes),
        List.of(),
        Optional.of(Platform.LINUX_AMD64),
        VertexMetadata.NONE);
  }

  private static List<Edge> edges(Vertex... vertices) {
    return List.of(vertices).stream().map(vertex -> new Edge(vertex.digest(), 0)).toList();
  }

  private static Definition definition(Vertex result, SourceMap sources, Vertex... vertices) {
    Map<Digest, Vertex> map = new LinkedHashMap<>();
    for (Vertex vertex : vertices) {
      map.put(vertex.digest(), vertex);
    }
    return new Definition(map, Optional.of(new Edge(result.digest(), 0)), sources);
  }

  private static byte[] result(Digest digest, int index) {
    return dev.slipway.protocol.buildkit.ops.Op.newBuilder()
        .addInputs(Input.newBuilder().setDigest(digest.value()).setIndex(index))
        .build()
        .toByteArray();
  }

  private static dev.slipway.protocol.buildkit.ops.Definition raw(byte[]... ops) {
    dev.slipway.protocol.buildkit.ops.Definition.Builder wire =
        dev.slipway.protocol.buildkit.ops.Definition.newBuilder();
    for (byte[] op : ops) {
      wire.addDef(ByteString.copyFrom(op));
    }
    return wire.build();
  }

  private static void assertInvalid(
      dev.slipway.protocol.buildkit.ops.Definition wire, String message) {
    assertThatThrownBy(() -> LlbCodec.decode(wire))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID))
        .hasMessageContaining(message);
  }

  private static void assertInvalid(Op op, List<Edge> inputs, String message) {
    byte[] bytes = LlbCodec.vertex(op, inputs, Optional.empty(), VertexMetadata.NONE).bytes();
    assertThatThrownBy(() -> LlbCodec.readOp(bytes))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining(message);
  }
}
