package dev.slipway.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.container.Containers;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ExportProgress;
import dev.slipway.export.ExportSource;
import dev.slipway.export.Exporters;
import dev.slipway.export.PreparedExport;
import dev.slipway.fetch.RemoteSources;
import dev.slipway.fetch.layout.OciLayouts;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.StageListener;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.gateway.FrontendParts;
import dev.slipway.frontend.gateway.GatewayParts;
import dev.slipway.frontend.gateway.ResultFiles;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.identity.Tenants;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.gateway.SolveRequest;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.session.Session;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.SolvedResult;
import dev.slipway.solve.Solver;
import dev.slipway.telemetry.Meters;
import dev.slipway.tracing.Tracing;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** A farm of one worker that has every result already, or never gets one. */
final class ReadyFarm implements Solver, Fleet {
  final BuildJobs jobs = new BuildJobs(Clock.systemUTC());
  final Set<String> forgotten = ConcurrentHashMap.newKeySet();

  /** What frontends were told. */
  final List<Map<String, String>> seenOptions = new java.util.concurrent.CopyOnWriteArrayList<>();

  volatile boolean hang;
  volatile boolean solving;
  volatile boolean interrupted;

  /** Id of the one session that is open. */
  static final String OPEN_SESSION = "open";

  /** Ends that session. */
  final CompletableFuture<Void> sessionEnd = new CompletableFuture<>();

  /** Longest build. */
  Duration buildTimeout = Duration.ofHours(1);

  private final Clock clock = Clock.systemUTC();
  private final WorkerNode worker = node("w1");

  static WorkerNode node(String id) {
    return new WorkerNode(
        id,
        "0.1.0",
        List.of(Platform.LINUX_AMD64),
        List.of(Platform.LINUX_ARM64),
        2,
        "http://w1.test",
        Map.of(),
        Instant.EPOCH);
  }

  List<ServerServiceDefinition> services() {
    WorkerRecords workers = new WorkerRecords(this, List.of());
    ResultFiles files = new ResultFiles(this, new MemoryCacheIndex(), (_, _, _) -> List.of());
    GatewayParts gateway =
        new GatewayParts(
            this,
            files,
            (reference, _, _) ->
                new ResolvedImage(reference, Digest.ofText(reference), "{}".getBytes(UTF_8)),
            RemoteSources.NONE,
            new OciLayouts(),
            (_, id, _) -> {
              if (id.equals(OPEN_SESSION)) {
                return openSession();
              }
              throw new SlipwayException(
                  ErrorKind.UNAVAILABLE,
                  "no active session for " + id + ": context deadline exceeded");
            },
            (request, _) -> {
              seenOptions.add(request.options());
              return new FrontendResult(
                  Optional.of(graph()), Map.of(), Map.of("frontend.note", "kept".getBytes(UTF_8)));
            },
            new FrontendParts(
                new Containers(
                    this,
                    (_, _, _, _, _) -> {
                      throw new SlipwayException(
                          ErrorKind.UNAVAILABLE, "no worker runs containers");
                    }),
                (_, _) -> {
                  throw new IllegalStateException("nothing runs here that could be served");
                },
                () -> "[]"),
            workers::platforms,
            clock);
    Exporters exporters =
        new Exporters() {
          @Override
          public PreparedExport prepare(Request request) throws SlipwayException {
            if (request.type().equals("magic")) {
              throw new SlipwayException(ErrorKind.NOT_FOUND, "there is no magic");
            }
            return new ReadyExport(request.id());
          }

          @Override
          public Map<String, String> run(
              PreparedExport export, ExportSource source, BuildContext build) {
            return Map.of("containerimage.digest", "sha256:exported");
          }
        };
    ControlService control =
        new ControlService(
            new ControlService.Parts(
                jobs,
                gateway,
                exporters,
                workers,
                new FarmDisk(this, new MemoryCacheIndex(), clock),
                (_, _, client) -> client,
                Tenants.NONE,
                (_, _) -> {},
                new Meters(new SimpleMeterRegistry()),
                Tracing.OFF,
                buildTimeout));
    return List.of(
        ServerInterceptors.intercept(control, new CallHeaders(), new TimestampHeader(clock)),
        ServerInterceptors.intercept(new LlbBridgeService(jobs, workers), new CallHeaders()));
  }

  /** Has nothing to do. */
  private record ReadyExport(int id) implements PreparedExport {
    @Override
    public String title() {
      return "exporting to image";
    }

    @Override
    public Map<String, String> run(
        ExportSource source, BuildContext build, ExportProgress progress) {
      return Map.of();
    }
  }

  private Session openSession() {
    return (Session)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Session.class},
            (_, method, arguments) -> {
              if (!method.getName().equals("onClose")) {
                throw new UnsupportedOperationException(method.getName());
              }
              sessionEnd.thenRun((Runnable) arguments[0]);
              return null;
            });
  }

  SolveRequest dockerfileRequest() {
    return SolveRequest.newBuilder()
        .setFrontend("dockerfile.v0")
        .setAllowResultReturn(true)
        .setAllowResultArrayRef(true)
        .build();
  }

  private static Definition graph() {
    Vertex source =
        LlbCodec.vertex(
            new Op.Source("local://context", Map.of()),
            List.of(),
            Optional.empty(),
            VertexMetadata.NONE);
    return new Definition(
        Map.of(source.digest(), source),
        Optional.of(new Edge(source.digest(), 0)),
        SourceMap.EMPTY);
  }

  @Override
  public List<SolvedResult> solve(BuildContext build, List<Definition> definitions)
      throws InterruptedException {
    VertexState step = VertexState.internal("fake", "fake step").started(clock.instant());
    build.progress().vertex(step);
    solving = true;
    if (hang) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        interrupted = true;
        throw e;
      }
    }
    build.progress().vertex(step.completed(clock.instant()));
    return definitions.stream()
        .map(_ -> new SolvedResult(new LayerChain(List.of("snap:1")), Optional.empty()))
        .toList();
  }

  @Override
  public void forget(String buildId) {
    forgotten.add(buildId);
  }

  @Override
  public List<WorkerNode> workers() {
    return List.of(worker);
  }

  @Override
  public Optional<WorkerNode> worker(String id) {
    return workers().stream().filter(node -> node.id().equals(id)).findFirst();
  }

  @Override
  public ReadPathOutcome read(String workerId, ReadPath read) {
    String name = read.getPath().substring(read.getPath().lastIndexOf('/') + 1);
    return ReadPathOutcome.newBuilder()
        .setData(com.google.protobuf.ByteString.copyFromUtf8("content of " + name))
        .build();
  }

  @Override
  public void run(String workerId, RunStage stage, StageListener listener) {
    throw new UnsupportedOperationException("run");
  }

  @Override
  public void cancel(String workerId, String stageId) {
    throw new UnsupportedOperationException("cancel");
  }

  @Override
  public PushOutcome push(String workerId, PushLayers push, Consumer<StepStatus> progress) {
    throw new UnsupportedOperationException("push");
  }

  @Override
  public Answer ask(String workerId, Ask question, Duration timeout) throws SlipwayException {
    throw new SlipwayException(ErrorKind.UNSUPPORTED, "these workers answer no questions");
  }

  @Override
  public void hold(String workerId, String buildId, Collection<String> layerIds) {}

  @Override
  public void release(String buildId) {}

  @Override
  public String capability(String resource) {
    throw new UnsupportedOperationException("capability");
  }
}
