package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.protocol.buildkit.gateway.SolveRequest;
import dev.slipway.protocol.buildkit.ops.Definition;
import dev.slipway.protocol.buildkit.ops.FileAction;
import dev.slipway.protocol.buildkit.ops.FileActionMkFile;
import dev.slipway.protocol.buildkit.ops.FileOp;
import dev.slipway.protocol.buildkit.ops.Input;
import dev.slipway.protocol.buildkit.ops.Op;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Frontends that are images. Ours is as small as one can be: it says to its stdout what a gRPC
 * client would that asks once for a file to be made, and returns that as its result.
 */
@OnSharedFarm
class ForeignFrontendE2eTest {
  private static final LocalRegistry REGISTRY = LocalRegistry.shared();
  private static final Farm FARM = SharedFarm.get();

  @BeforeAll
  static void pushFrontend() {
    push(
        "frontends/file",
        "cat /request; env | grep ^BUILDKIT_FRONTEND_OPT >&2; timeout 2 cat > /dev/null; exit 0");
    push("frontends/silent", "echo nothing to say >&2; exit 3");
  }

  private static void push(String name, String script) {
    BuildDirectory frontend =
        BuildDirectory.of(
                "FROM busybox\nCOPY request /request\nENTRYPOINT [\"sh\", \"-c\", \""
                    + script
                    + "\"]\n")
            .with("request", request());
    FARM.buildx().build(frontend.path(), "-t", REGISTRY.image(name + ":1"), "--push").orThrow();
  }

  @Test
  @Feature(
      value = {"gateway.v0 with an image", "# syntax=IMAGE"},
      area = Area.GATEWAY,
      note =
          "The image runs as a container on a worker; docker/dockerfile is answered by the built-in frontend.")
  void theImageThatASyntaxNamesBuildsTheFile() {
    BuildDirectory app =
        BuildDirectory.of("# syntax=" + REGISTRY.image("frontends/file:1") + "\nof no language\n");

    Command.Result build =
        FARM.buildx()
            .build(app.path(), "-t", REGISTRY.image("made:1"), "--push", "--progress=plain")
            .orThrow();

    assertThat(PushedImage.read(REGISTRY, "made", "1", "amd64").files()).containsKey("made");
    assertThat(build.output()).contains("cmdline=" + REGISTRY.image("frontends/file:1"));
  }

  @Test
  @Feature(value = "errors of frontend images", area = Area.GATEWAY)
  void aFrontendThatEndsWithoutAResultIsAnErrorAtItsLine() {
    BuildDirectory app =
        BuildDirectory.of("# syntax=" + REGISTRY.image("frontends/silent:1") + "\n");

    Command.Result build = FARM.buildx().build(app.path());

    assertThat(build.exitCode()).isNotZero();
    assertThat(build.output())
        .contains("ended without a result: exit code: 3")
        .contains("Dockerfile:1");
  }

  /** HTTP/2 with prior knowledge, RFC 9113: preface, settings, one request, no compression. */
  private static byte[] request() {
    Op file =
        Op.newBuilder()
            .setFile(
                FileOp.newBuilder()
                    .addActions(
                        FileAction.newBuilder()
                            .setInput(-1)
                            .setSecondaryInput(-1)
                            .setOutput(0)
                            .setMkfile(
                                FileActionMkFile.newBuilder()
                                    .setPath("/made")
                                    .setMode(0644)
                                    .setTimestamp(-1)
                                    .setData(ByteString.copyFromUtf8("by a frontend")))))
            .build();
    Op last =
        Op.newBuilder()
            .addInputs(Input.newBuilder().setDigest(CraftedImage.digest(file.toByteArray())))
            .build();
    byte[] message =
        SolveRequest.newBuilder()
            .setDefinition(
                Definition.newBuilder().addDef(file.toByteString()).addDef(last.toByteString()))
            .setAllowResultReturn(true)
            .setFinal(true)
            .build()
            .toByteArray();
    ByteArrayOutputStream headers = new ByteArrayOutputStream();
    header(headers, ":method", "POST");
    header(headers, ":scheme", "http");
    header(headers, ":path", "/moby.buildkit.v1.frontend.LLBBridge/Solve");
    header(headers, ":authority", "localhost");
    header(headers, "content-type", "application/grpc");
    header(headers, "te", "trailers");
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(all, 4, 0, 0, new byte[0]);
    frame(all, 1, 4, 1, headers.toByteArray());
    frame(
        all,
        0,
        1,
        1,
        ByteBuffer.allocate(5 + message.length)
            .put((byte) 0)
            .putInt(message.length)
            .put(message)
            .array());
    return all.toByteArray();
  }

  /** RFC 7541, literal header field without indexing, new name. */
  private static void header(ByteArrayOutputStream out, String name, String value) {
    out.write(0);
    for (String text : List.of(name, value)) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      out.write(bytes.length);
      out.writeBytes(bytes);
    }
  }

  private static void frame(
      ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
    out.writeBytes(
        ByteBuffer.allocate(9)
            .put((byte) (payload.length >> 16))
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .array());
    out.writeBytes(payload);
  }
}
