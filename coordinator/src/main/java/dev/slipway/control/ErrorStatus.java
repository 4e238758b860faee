package dev.slipway.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.Status;
import dev.slipway.container.ProcessFailure;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.NotOffered;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.gateway.ClientFailure;
import dev.slipway.frontend.gateway.InspectableFailure;
import dev.slipway.graph.SourceMap;
import dev.slipway.policy.PolicyDenied;
import dev.slipway.protocol.SourceMapCodec;
import dev.slipway.protocol.buildkit.errdefs.ContentCache;
import dev.slipway.protocol.buildkit.errdefs.FileAction;
import dev.slipway.protocol.buildkit.errdefs.Solve;
import dev.slipway.protocol.buildkit.ops.Op;
import dev.slipway.solve.FailedStep;
import dev.slipway.solve.StepFailure;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where errors become gRPC statuses. Build failures are UNKNOWN, because clients
 * print any other code before the message; what the client shows beside it travels as details:
 * JSON, not protobuf, under BuildKit's type urls. docs/protocol.md#errors.
 */
public final class ErrorStatus {
  private static final Logger log = LoggerFactory.getLogger(ErrorStatus.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPES = "github.com/moby/buildkit/";

  private ErrorStatus() {}

  /** Returns the error to end a call with. */
  public static StatusRuntimeException exception(Throwable error) {
    return error instanceof StatusRuntimeException status
        ? status
        : StatusProto.toStatusRuntimeException(of(error));
  }

  /** Returns the status that tells of the error. */
  public static Status of(Throwable error) {
    return switch (error) {
      case ClientFailure failure -> returned(failure);
      case SlipwayException failure -> status(code(failure), message(failure), failure);
      case InterruptedException _ -> status(Code.CANCELLED, "context canceled", error);
      case StatusException status -> StatusProto.fromThrowable(status);
      case StatusRuntimeException status -> StatusProto.fromThrowable(status);
      case java.io.IOException io -> status(Code.UNKNOWN, String.valueOf(io.getMessage()), io);
      default -> {
        log.atError().setCause(error).log("call failed by a defect");
        yield status(Code.INTERNAL, "internal error: " + error, error);
      }
    };
  }

  /** Whether the error says that somebody ended the build, and not that it failed. */
  static boolean isCancellation(Throwable error) {
    return of(error).getCode() == Code.CANCELLED.value();
  }

  private static String message(SlipwayException error) {
    return error.kind() == dev.slipway.error.ErrorKind.CANCELLED
            && !error.getMessage().endsWith("context canceled")
        ? error.getMessage() + ": context canceled"
        : error.getMessage();
  }

  private static Code code(SlipwayException error) {
    if (error instanceof UnknownBuild) {
      return Code.NOT_FOUND;
    }
    if (error instanceof NotOffered offer && offer.what() == NotOffered.What.CAPABILITY) {
      return Code.UNIMPLEMENTED;
    }
    if (error instanceof SourceError) {
      // Whatever is wrong with it, it is the build's file: clients print other codes as words.
      return Code.UNKNOWN;
    }
    return switch (error.kind()) {
      // A registry or a worker that does not answer is the build's failure; the endpoint itself is
      // available.
      case INVALID, NOT_FOUND, DENIED, CONFLICT, UNAVAILABLE, UNSUPPORTED -> Code.UNKNOWN;
      case EXHAUSTED -> Code.RESOURCE_EXHAUSTED;
      case CANCELLED -> Code.CANCELLED;
      case INTERNAL -> Code.INTERNAL;
    };
  }

  private static Status status(Code code, String message, Throwable error) {
    Status.Builder status = Status.newBuilder().setCode(code.value()).setMessage(message);
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case ProcessFailure process ->
            status.addDetails(
                detail("gatewayapi.ExitMessage", object().put("Code", process.exitCode())));
        case InspectableFailure failure -> status.addDetails(solve(failure));
        case PolicyDenied denied when !denied.messages().isEmpty() ->
            status.addDetails(denied(denied));
        case SourceError source -> status.addDetails(source(source.file(), source.ranges()));
        case NotOffered offer ->
            status.addDetails(
                detail(
                    switch (offer.what()) {
                      case SUBREQUEST -> "errdefs.Subrequest";
                      case CAPABILITY -> "errdefs.FrontendCap";
                    },
                    object().put("name", offer.name())));
        case StepFailure step -> {
          status.addDetails(
              detail("errdefs.Vertex", object().put("digest", step.vertex().value())));
          // Clients unpack them from the inside: the last place comes first.
          for (SourceMap.Location location :
              step.sources().locations().getOrDefault(step.vertex(), List.of()).reversed()) {
            status.addDetails(
                source(step.sources().files().get(location.file()), location.ranges()));
          }
        }
        default -> {}
      }
    }
    return status.build();
  }

  /** What a client mounts into a container to look into the failure; protobuf's own JSON. */
  private static Any solve(InspectableFailure failure) {
    FailedStep step = failure.step();
    Solve.Builder solve =
        Solve.newBuilder()
            .addAllInputIDs(failure.inputs())
            .addAllMountIDs(failure.left())
            .putAllDescription(step.vertex().metadata().description());
    step.action().ifPresent(action -> solve.setFile(FileAction.newBuilder().setIndex(action)));
    step.lacking().ifPresent(mount -> solve.setCache(ContentCache.newBuilder().setIndex(mount)));
    try {
      solve.setOp(Op.parseFrom(step.vertex().bytes()));
      return Any.newBuilder()
          .setTypeUrl(TYPES + "errdefs.Solve+json")
          .setValue(ByteString.copyFromUtf8(JsonFormat.printer().print(solve)))
          .build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an op that was decoded before is none", e);
    }
  }

  /** An enum is a number in Go's JSON: 1 is DENY. */
  private static Any denied(PolicyDenied denied) {
    ObjectNode decision = object().put("action", 1);
    ArrayNode messages = decision.putArray("denyMessages");
    denied.messages().forEach(message -> messages.addObject().put("message", message));
    return detail("policysession.DecisionResponse", decision);
  }

  private static Status returned(ClientFailure failure) {
    try {
      return Status.parseFrom(failure.status());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a status that was parsed before is none", e);
    }
  }

  private static Any source(SourceMap.SourceFile file, List<SourceMap.Range> ranges) {
    ObjectNode info = object().put("filename", file.filename()).put("data", file.data());
    if (!file.language().isEmpty()) {
      info.put("language", file.language());
    }
    if (file.definition().length > 0) {
      info.set("definition", definition(file));
    }
    ObjectNode source = object();
    source.set("info", info);
    ArrayNode places = source.putArray("ranges");
    for (SourceMap.Range range : ranges) {
      ObjectNode place = places.addObject();
      place.set("start", position(range.startLine(), range.startCharacter()));
      place.set("end", position(range.endLine(), range.endCharacter()));
    }
    return detail("errdefs.Source", source);
  }

  /** As Go's JSON has messages: fields are named as in their declaration. */
  private static JsonNode definition(SourceMap.SourceFile file) {
    try {
      return JSON.readTree(
          JsonFormat.printer()
              .preservingProtoFieldNames()
              .omittingInsignificantWhitespace()
              .print(SourceMapCodec.encode(file).getDefinition()));
    } catch (IOException e) {
      throw new IllegalStateException("a definition has no JSON form", e);
    }
  }

  private static ObjectNode position(int line, int character) {
    return object().put("line", line).put("character", character);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static Any detail(String type, ObjectNode value) {
    try {
      return Any.newBuilder()
          .setTypeUrl(TYPES + type + "+json")
          .setValue(ByteString.copyFrom(JSON.writeValueAsBytes(value)))
          .build();
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree cannot be written", e);
    }
  }
}
