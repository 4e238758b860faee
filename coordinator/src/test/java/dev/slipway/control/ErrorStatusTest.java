package dev.slipway.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.NotOffered;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.gateway.ClientFailure;
import dev.slipway.graph.SourceMap;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.SourceMapCodec;
import dev.slipway.protocol.buildkit.ops.Definition;
import dev.slipway.protocol.buildkit.ops.OpMetadata;
import dev.slipway.protocol.buildkit.ops.SourceInfo;
import dev.slipway.solve.StepFailure;
import io.grpc.Status.Code;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorStatusTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SourceMap.SourceFile DOCKERFILE =
      new SourceMap.SourceFile("Dockerfile", "FROM x\nRUN false\n".getBytes(UTF_8), "Dockerfile");

  @Test
  void sourceErrorShowsItsLines() throws Exception {
    Status status =
        ErrorStatus.of(
            new SourceError(
                ErrorKind.INVALID,
                "dockerfile parse error on line 2: unknown instruction: RUM",
                DOCKERFILE,
                List.of(SourceMap.Range.lines(2, 2))));

    assertThat(status.getCode()).isEqualTo(Code.UNKNOWN.value());
    assertThat(status.getMessage())
        .isEqualTo("dockerfile parse error on line 2: unknown instruction: RUM");
    assertThat(status.getDetailsList())
        .extracting(Any::getTypeUrl)
        .containsExactly("github.com/moby/buildkit/errdefs.Source+json");
    assertThat(json(status.getDetails(0)))
        .isEqualTo(
            JSON.readTree(
                """
                {"info": {"filename": "Dockerfile", "data": "RlJPTSB4ClJVTiBmYWxzZQo=", "language": "Dockerfile"},
                 "ranges": [{"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 0}}]}
                """));
  }

  @Test
  void failedStepNamesItsVertexAndItsLines() throws Exception {
    Digest vertex = Digest.ofText("RUN false");
    SourceMap sources =
        new SourceMap(
            List.of(DOCKERFILE),
            Map.of(
                vertex, List.of(new SourceMap.Location(0, List.of(SourceMap.Range.lines(2, 2))))));
    String message = "process \"/bin/sh -c false\" did not complete successfully: exit code: 1";

    Status status = ErrorStatus.of(new StepFailure(message, vertex, sources, 1));

    assertThat(status.getCode()).isEqualTo(Code.UNKNOWN.value());
    assertThat(status.getMessage()).isEqualTo(message);
    assertThat(status.getDetailsList())
        .extracting(Any::getTypeUrl)
        .containsExactly(
            "github.com/moby/buildkit/errdefs.Vertex+json",
            "github.com/moby/buildkit/errdefs.Source+json");
    assertThat(json(status.getDetails(0)).path("digest").textValue()).isEqualTo(vertex.value());
    assertThat(json(status.getDetails(1)).at("/info/filename").textValue()).isEqualTo("Dockerfile");
  }

  @Test
  void aFileThatCameFromAGraphKeepsIt() throws Exception {
    SourceInfo sent =
        SourceInfo.newBuilder()
            .setFilename("a")
            .setDefinition(
                Definition.newBuilder()
                    .addDef(ByteString.copyFromUtf8("op"))
                    .putMetadata("sha256:1", OpMetadata.newBuilder().setIgnoreCache(true).build()))
            .build();

    Status status =
        ErrorStatus.of(
            new SourceError(ErrorKind.INVALID, "no", SourceMapCodec.decode(sent), List.of()));

    assertThat(json(status.getDetails(0)).at("/info/definition"))
        .isEqualTo(
            JSON.readTree(
                "{\"def\":[\"b3A=\"],\"metadata\":{\"sha256:1\":{\"ignore_cache\":true}}}"));
  }

  @Test
  void whateverIsWrongWithAFileIsTheBuildsFailureAndNotTheEndpoints() {
    SourceError error =
        new SourceError(ErrorKind.EXHAUSTED, "value is too long", DOCKERFILE, List.of());

    assertThat(ErrorStatus.of(error).getCode()).isEqualTo(Code.UNKNOWN.value());
  }

  @Test
  void wrappedErrorKeepsItsDetails() {
    SourceError cause = new SourceError(ErrorKind.INVALID, "bad line", DOCKERFILE, List.of());

    assertThat(
            ErrorStatus.of(new SlipwayException(ErrorKind.INVALID, "build failed: bad line", cause))
                .getDetailsCount())
        .isEqualTo(1);
  }

  @Test
  void ordinaryFailuresAreUnknownSoThatClientsPrintOnlyTheMessage() {
    for (ErrorKind kind :
        List.of(
            ErrorKind.INVALID,
            ErrorKind.NOT_FOUND,
            ErrorKind.DENIED,
            ErrorKind.CONFLICT,
            ErrorKind.UNAVAILABLE,
            ErrorKind.UNSUPPORTED)) {
      assertThat(code(new SlipwayException(kind, "x"))).isEqualTo(Code.UNKNOWN);
    }
    assertThat(code(new IOException("disk"))).isEqualTo(Code.UNKNOWN);
  }

  @Test
  void whatAFrontendDoesNotKnowIsTypedSoThatClientsDoWithout() throws Exception {
    Status question = ErrorStatus.of(new NotOffered(NotOffered.What.SUBREQUEST, "frontend.other"));
    Status capability = ErrorStatus.of(new NotOffered(NotOffered.What.CAPABILITY, "other"));

    assertThat(question.getDetails(0).getTypeUrl())
        .isEqualTo("github.com/moby/buildkit/errdefs.Subrequest+json");
    assertThat(json(question.getDetails(0)).path("name").textValue()).isEqualTo("frontend.other");
    assertThat(capability.getCode()).isEqualTo(Code.UNIMPLEMENTED.value());
    assertThat(capability.getDetails(0).getTypeUrl())
        .isEqualTo("github.com/moby/buildkit/errdefs.FrontendCap+json");
  }

  @Test
  void otherErrorsHaveCodesOfTheirOwn() {
    assertThat(code(new SlipwayException(ErrorKind.EXHAUSTED, "x")))
        .isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(code(new SlipwayException(ErrorKind.INTERNAL, "x"))).isEqualTo(Code.INTERNAL);
    assertThat(code(new UnknownBuild("r1"))).isEqualTo(Code.NOT_FOUND);
    assertThat(ErrorStatus.of(new UnknownBuild("r1")).getMessage()).isEqualTo("no such job r1");
  }

  @Test
  void cancellationEndsAsClientsExpect() {
    assertThat(code(new InterruptedException())).isEqualTo(Code.CANCELLED);
    assertThat(ErrorStatus.of(new InterruptedException()).getMessage())
        .isEqualTo("context canceled");
    assertThat(
            ErrorStatus.of(new SlipwayException(ErrorKind.CANCELLED, "push of x stopped"))
                .getMessage())
        .endsWith("context canceled");
  }

  @Test
  void whatTheClientReturnedGoesBackAsItCame() {
    Status sent =
        Status.newBuilder()
            .setCode(Code.FAILED_PRECONDITION.value())
            .setMessage("mine")
            .addDetails(Any.newBuilder().setTypeUrl("t/x+json"))
            .build();

    assertThat(ErrorStatus.of(new ClientFailure("mine", sent.toByteArray()))).isEqualTo(sent);
  }

  private static Code code(Throwable error) {
    return io.grpc.Status.fromCodeValue(ErrorStatus.of(error).getCode()).getCode();
  }

  private static JsonNode json(Any detail) throws IOException {
    return JSON.readTree(detail.getValue().toByteArray());
  }
}
