package dev.slipway.control;

import com.google.protobuf.ByteString;
import dev.slipway.container.FarmContainer;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.frontend.gateway.Capabilities;
import dev.slipway.frontend.gateway.FileStat;
import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.frontend.gateway.GatewayBuild.Answer;
import dev.slipway.frontend.gateway.GatewayBuild.Question;
import dev.slipway.frontend.gateway.ResultFiles.Section;
import dev.slipway.frontend.gateway.SourceMessages;
import dev.slipway.frontend.gateway.SourceQuestions;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.identity.Caller;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress.Warning;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.caps.APICap;
import dev.slipway.protocol.buildkit.gateway.EvaluateRequest;
import dev.slipway.protocol.buildkit.gateway.EvaluateResponse;
import dev.slipway.protocol.buildkit.gateway.ExecMessage;
import dev.slipway.protocol.buildkit.gateway.InputsRequest;
import dev.slipway.protocol.buildkit.gateway.InputsResponse;
import dev.slipway.protocol.buildkit.gateway.LLBBridgeGrpc;
import dev.slipway.protocol.buildkit.gateway.NewContainerRequest;
import dev.slipway.protocol.buildkit.gateway.NewContainerResponse;
import dev.slipway.protocol.buildkit.gateway.PingRequest;
import dev.slipway.protocol.buildkit.gateway.PongResponse;
import dev.slipway.protocol.buildkit.gateway.ReadDirRequest;
import dev.slipway.protocol.buildkit.gateway.ReadDirResponse;
import dev.slipway.protocol.buildkit.gateway.ReadFileRequest;
import dev.slipway.protocol.buildkit.gateway.ReadFileResponse;
import dev.slipway.protocol.buildkit.gateway.ReleaseContainerRequest;
import dev.slipway.protocol.buildkit.gateway.ReleaseContainerResponse;
import dev.slipway.protocol.buildkit.gateway.ResolveImageConfigRequest;
import dev.slipway.protocol.buildkit.gateway.ResolveImageConfigResponse;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaRequest;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaResponse;
import dev.slipway.protocol.buildkit.gateway.ReturnRequest;
import dev.slipway.protocol.buildkit.gateway.ReturnResponse;
import dev.slipway.protocol.buildkit.gateway.SolveRequest;
import dev.slipway.protocol.buildkit.gateway.SolveResponse;
import dev.slipway.protocol.buildkit.gateway.StatFileRequest;
import dev.slipway.protocol.buildkit.gateway.StatFileResponse;
import dev.slipway.protocol.buildkit.gateway.WarnRequest;
import dev.slipway.protocol.buildkit.gateway.WarnResponse;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * BuildKit's LLBBridge service: the build that a call belongs to is named by its headers.
 * docs/protocol.md#gateway.
 */
public final class LlbBridgeService extends LLBBridgeGrpc.LLBBridgeImplBase {
  static final Metadata.Key<String> BUILD_ID =
      Metadata.Key.of("buildkit-controlapi-buildid", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * How long a build may take to appear after a call that belongs to it: clients start both at
   * once.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final String IMAGE = "docker-image://";
  private static final String LAYOUT = "oci-layout://";

  /** Of ResolveImageConfig: the image is in a layout of the client. */
  private static final int RESOLVER_LAYOUT = 1;

  private final Builds builds;
  private final WorkerRecords workers;

  /** Which build the call belongs to that this thread handles. */
  interface Builds {
    GatewayBuild current() throws SlipwayException, InterruptedException;
  }

  /** Of the endpoint: a call's headers name its build, and its caller must be the build's. */
  public LlbBridgeService(BuildJobs jobs, WorkerRecords workers) {
    this(() -> named(jobs), workers);
  }

  LlbBridgeService(Builds builds, WorkerRecords workers) {
    this.builds = builds;
    this.workers = workers;
  }

  private GatewayBuild build() throws SlipwayException, InterruptedException {
    return builds.current();
  }

  private static GatewayBuild named(BuildJobs jobs) throws SlipwayException, InterruptedException {
    String id = CallHeaders.current().get(BUILD_ID);
    if (id == null || id.isEmpty()) {
      throw new SlipwayException(ErrorKind.INVALID, "no buildid found in context");
    }
    GatewayBuild build = jobs.awaitGateway(id, PATIENCE);
    if (!build.context().rights().principal().equals(Caller.current().principal())) {
      throw new UnknownBuild(id);
    }
    return build;
  }

  @Override
  public void ping(PingRequest request, StreamObserver<PongResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          build();
          return PongResponse.newBuilder()
              .addAllFrontendAPICaps(enabled(Capabilities.GATEWAY))
              .addAllLLBCaps(enabled(Capabilities.LLB))
              .addAllWorkers(workers.list())
              .build();
        });
  }

  private static List<APICap> enabled(List<String> ids) {
    return ids.stream().map(id -> APICap.newBuilder().setID(id).setEnabled(true).build()).toList();
  }

  @Override
  public void solve(SolveRequest request, StreamObserver<SolveResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          GatewayBuild build = build();
          Optional<Definition> definition =
              request.hasDefinition()
                  ? Optional.of(LlbCodec.decode(request.getDefinition()))
                  : Optional.empty();
          Map<String, Definition> inputs = Order.decode(request.getFrontendInputsMap());
          QueueOptions options =
              QueueOptions.of(
                  request.getFrontendOptMap(), build.context().rights().principal().tenant());
          if (options.standing().isPresent()) {
            build.settle(options.standing().get());
          }
          Answer answer =
              build.solve(
                  new Question(
                      definition,
                      request.getFrontend(),
                      options.others(),
                      inputs,
                      request.getEvaluate(),
                      SourceMessages.policies(request.getSourcePoliciesList())));
          SolveResponse.Builder response = SolveResponse.newBuilder();
          response.setResult(
              GatewayMessages.result(answer, build, request.getAllowResultArrayRef()));
          if (!request.getAllowResultReturn()) {
            response.setRef(
                answer
                    .single()
                    .orElseThrow(() ->
                        new SlipwayException(
                            ErrorKind.INVALID, "the client cannot take several results")));
          }
          if (request.getFinal()) {
            build.giveBack(answer);
          }
          return response.build();
        });
  }

  @Override
  public void resolveSourceMeta(
      ResolveSourceMetaRequest request, StreamObserver<ResolveSourceMetaResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          if (!request.hasSource()) {
            throw new SlipwayException(ErrorKind.INVALID, "source is required");
          }
          SourceQuestions.Answer answer = build().resolve(SourceMessages.question(request, true));
          return SourceMessages.answer(answer, request.getImage().getNoConfig());
        });
  }

  @Override
  public void resolveImageConfig(
      ResolveImageConfigRequest request, StreamObserver<ResolveImageConfigResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          GatewayBuild build = build();
          boolean layout = request.getResolverType() == RESOLVER_LAYOUT;
          Map<String, String> attributes =
              layout
                  ? Map.of("oci.session", request.getSessionID(), "oci.store", request.getStoreID())
                  : Map.of();
          String identifier =
              (layout ? LAYOUT + request.getRef() : IMAGE + reference(request.getRef()));
          Optional<Platform> platform =
              request.hasPlatform()
                  ? Optional.of(LlbCodec.decodePlatform(request.getPlatform()))
                  : Optional.empty();
          SourceQuestions.Answer answer =
              build.resolve(
                  new SourceQuestions.Question(
                      new Op.Source(identifier, attributes),
                      platform,
                      request.getLogName(),
                      SourceFacts.Wanted.ORDINARY,
                      SourceMessages.policies(request.getSourcePoliciesList()),
                      true));
          ResolvedImage image =
              answer
                  .image()
                  .orElseThrow(() ->
                      new SlipwayException(
                          ErrorKind.INVALID, answer.source().identifier() + " is no image"));
          return ResolveImageConfigResponse.newBuilder()
              .setRef(answer.source().locator())
              .setDigest(image.digest().value())
              .setConfig(ByteString.copyFrom(image.config()))
              .build();
        });
  }

  private static String reference(String text) throws SlipwayException {
    try {
      return ImageReference.parse(text).toString();
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "image \"" + text + "\": " + e.getMessage(), e);
    }
  }

  @Override
  public void readFile(ReadFileRequest request, StreamObserver<ReadFileResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          Section section =
              request.hasRange()
                  ? section(request.getRange().getOffset(), request.getRange().getLength())
                  : Section.ALL;
          byte[] data = build().readFile(request.getRef(), request.getFilePath(), section);
          return ReadFileResponse.newBuilder().setData(ByteString.copyFrom(data)).build();
        });
  }

  private static Section section(long offset, long length) throws SlipwayException {
    if (offset < 0 || length < 0) {
      throw new SlipwayException(
          ErrorKind.INVALID, "range [" + offset + ", +" + length + ") of a file is negative");
    }
    return new Section(offset, length);
  }

  @Override
  public void readDir(ReadDirRequest request, StreamObserver<ReadDirResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          ReadDirResponse.Builder response = ReadDirResponse.newBuilder();
          build()
              .list(request.getRef(), request.getDirPath(), request.getIncludePattern())
              .forEach(stat -> response.addEntries(GatewayMessages.stat(stat)));
          return response.build();
        });
  }

  @Override
  public void statFile(StatFileRequest request, StreamObserver<StatFileResponse> client) {
    UnaryCall.answer(
        client,
        () ->
            StatFileResponse.newBuilder()
                .setStat(GatewayMessages.stat(build().stat(request.getRef(), request.getPath())))
                .build());
  }

  @Override
  public void evaluate(EvaluateRequest request, StreamObserver<EvaluateResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          build().evaluate(request.getRef());
          return EvaluateResponse.getDefaultInstance();
        });
  }

  @Override
  public void inputs(InputsRequest request, StreamObserver<InputsResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          InputsResponse.Builder response = InputsResponse.newBuilder();
          build()
              .inputs()
              .forEach(
                  (name, definition) -> response.putDefinitions(name, LlbCodec.encode(definition)));
          return response.build();
        });
  }

  @Override
  public void return_(ReturnRequest request, StreamObserver<ReturnResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          GatewayBuild build = build();
          if (request.hasError() == request.hasResult()) {
            throw new SlipwayException(
                ErrorKind.INVALID, "a return needs a result or an error, and not both");
          }
          if (request.hasError()) {
            build.giveUp(GatewayMessages.failure(request.getError()));
          } else {
            build.giveBack(GatewayMessages.answer(request.getResult()));
          }
          return ReturnResponse.getDefaultInstance();
        });
  }

  @Override
  public void warn(WarnRequest request, StreamObserver<WarnResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          GatewayBuild build = build();
          Warning warning = GatewayMessages.warning(request);
          build.context().progress().warning(warning);
          return WarnResponse.getDefaultInstance();
        });
  }

  @Override
  public void newContainer(
      NewContainerRequest request, StreamObserver<NewContainerResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          build().open(request);
          return NewContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public void releaseContainer(
      ReleaseContainerRequest request, StreamObserver<ReleaseContainerResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          build().release(request.getContainerID());
          return ReleaseContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public StreamObserver<ExecMessage> execProcess(StreamObserver<ExecMessage> client) {
    Context call = Context.current();
    return new ExecCall(
        () -> {
          Context before = call.attach();
          try {
            return build();
          } finally {
            call.detach(before);
          }
        },
        (ServerCallStreamObserver<ExecMessage>) client);
  }

  @Override
  public void readFileContainer(ReadFileRequest request, StreamObserver<ReadFileResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          Section section =
              request.hasRange()
                  ? section(request.getRange().getOffset(), request.getRange().getLength())
                  : Section.ALL;
          ReadPathOutcome outcome =
              read(
                  request.getRef(),
                  request.getMountIndex(),
                  request.getFilePath(),
                  ReadPath.newBuilder()
                      .setKind(ReadPath.Kind.FILE)
                      .setOffset(section.offset())
                      .setLength(section.length()));
          return ReadFileResponse.newBuilder().setData(outcome.getData()).build();
        });
  }

  @Override
  public void readDirContainer(ReadDirRequest request, StreamObserver<ReadDirResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          ReadDirResponse.Builder response = ReadDirResponse.newBuilder();
          read(
                  request.getRef(),
                  request.getMountIndex(),
                  request.getDirPath(),
                  ReadPath.newBuilder()
                      .setKind(ReadPath.Kind.LIST)
                      .setIncludePattern(request.getIncludePattern())
                      .setLength(-1))
              .getStatsList()
              .forEach(stat -> response.addEntries(GatewayMessages.stat(FileStat.of(stat))));
          return response.build();
        });
  }

  @Override
  public void statFileContainer(StatFileRequest request, StreamObserver<StatFileResponse> client) {
    UnaryCall.answer(
        client,
        () -> {
          ReadPathOutcome outcome =
              read(
                  request.getRef(),
                  request.getMountIndex(),
                  request.getPath(),
                  ReadPath.newBuilder().setKind(ReadPath.Kind.STAT).setLength(-1));
          return StatFileResponse.newBuilder()
              .setStat(GatewayMessages.stat(FileStat.of(outcome.getStats(0))))
              .build();
        });
  }

  /** Reads as a container's processes see it. Only whole paths have a meaning there. */
  private ReadPathOutcome read(String container, int mount, String path, ReadPath.Builder read)
      throws SlipwayException, InterruptedException {
    FarmContainer open =
        build()
            .container(
                container, "container details for " + container + "@" + mount + " not found");
    if (!path.startsWith("/")) {
      throw new SlipwayException(ErrorKind.INVALID, "can't make " + path + " relative to /");
    }
    return open.read(mount, read.setPath(path).build());
  }
}
