package dev.slipway.frontend.gateway;

import dev.slipway.container.ContainerOps;
import dev.slipway.container.FarmContainer;
import dev.slipway.container.ProcessFailure;
import dev.slipway.container.ProcessListener;
import dev.slipway.container.RunningProcess;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.NotOffered;
import dev.slipway.frontend.gateway.GatewayBuild.Question;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.gateway.NewContainerRequest;
import dev.slipway.protocol.buildkit.ops.Meta;
import dev.slipway.protocol.buildkit.ops.Mount;
import dev.slipway.protocol.buildkit.ops.NetMode;
import dev.slipway.protocol.worker.StartProcess;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.ContainerPlacement;
import dev.slipway.solve.SolvedResult;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One run of a frontend that is an image: its program runs as a container on a worker and asks for
 * everything by the gateway's calls, spoken over its stdin and stdout. It may do what the client of
 * the build may, and no more; it ends with the call that wanted it. BuildKit: frontend gateway.v0.
 */
final class ForeignFrontend {
  /** A program that has returned its result has nothing more to do. */
  private static final Duration EXIT_PATIENCE = Duration.ofSeconds(10);

  private static final String INPUTS = "moby.buildkit.frontend.inputs";

  private final GatewayBuild caller;
  private final GatewayBuild own;
  private final FrontendParts parts;
  private final Clock clock;
  private final String source;
  private final Question question;

  /**
   * @param caller the build that wants it
   * @param own the build as this frontend sees it
   */
  ForeignFrontend(
      GatewayBuild caller,
      GatewayBuild own,
      FrontendParts parts,
      Clock clock,
      String source,
      Question question) {
    this.caller = caller;
    this.own = own;
    this.parts = parts;
    this.clock = clock;
    this.source = source;
    this.question = question;
  }

  /** Runs it and returns what it returned. */
  FrontendResult run(Platform platform) throws SlipwayException, IOException, InterruptedException {
    String name = normalised();
    ResolvedImage resolved =
        caller.resolveImage(name, platform, "resolve image config for docker-image://" + name);
    FrontendImage image = FrontendImage.parse(resolved.config());
    checkCapabilities(image);
    SolvedResult root = caller.evaluate(caller.refer(graph(name, resolved, platform)));
    ContainerOps op =
        ContainerOps.of(
            NewContainerRequest.newBuilder()
                .setNetwork(image.needsNoNetwork() ? NetMode.NONE : NetMode.UNSET)
                .addMounts(Mount.newBuilder().setDest("/").setResultID("root"))
                .build());
    BuildContext build = caller.context();
    try (FarmContainer container =
        parts
            .containers()
            .open(
                build,
                op.op(),
                List.of(root),
                new ContainerPlacement(Optional.of(platform), platform.os()))) {
      return run(container, image);
    } finally {
      own.end();
    }
  }

  private String normalised() throws SlipwayException {
    String named = question.options().getOrDefault("context:" + source, "");
    String wanted =
        named.startsWith("docker-image://") ? named.substring("docker-image://".length()) : source;
    try {
      return ImageReference.parse(wanted).toString();
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "frontend image \"" + wanted + "\": " + e.getMessage(), e);
    }
  }

  private void checkCapabilities(FrontendImage image) throws SlipwayException {
    Set<String> wanted =
        new HashSet<>(FrontendImage.names(question.options().getOrDefault("frontend.caps", "")));
    if (!question.inputs().isEmpty()) {
      wanted.add(INPUTS);
    }
    wanted.removeAll(image.capabilities());
    Optional<String> missing = wanted.stream().sorted().findFirst();
    if (missing.isPresent()) {
      throw new NotOffered(NotOffered.What.CAPABILITY, missing.get());
    }
  }

  private static Definition graph(String name, ResolvedImage resolved, Platform platform) {
    String pinned = name.contains("@") ? name : name + "@" + resolved.digest().value();
    Vertex vertex =
        LlbCodec.vertex(
            new Op.Source("docker-image://" + pinned, Map.of()),
            List.of(),
            Optional.of(platform),
            VertexMetadata.NONE);
    return new Definition(
        Map.of(vertex.digest(), vertex),
        Optional.of(new Edge(vertex.digest(), 0)),
        SourceMap.EMPTY);
  }

  private FrontendResult run(FarmContainer container, FrontendImage image)
      throws SlipwayException, InterruptedException {
    CompletableFuture<RunningProcess> started = new CompletableFuture<>();
    AtomicReference<GatewayServing.Stream> stream = new AtomicReference<>();
    Program program = new Program(stream);
    try (GatewayServing.Stream served =
        parts.serving().serve(own, bytes -> awaited(started).write(bytes))) {
      stream.set(served);
      container.start(
          StartProcess.newBuilder().setMeta(process(image)).setInput(true).build(),
          program,
          started::complete);
      return result(program);
    } finally {
      program.close();
    }
  }

  private static RunningProcess awaited(CompletableFuture<RunningProcess> started)
      throws InterruptedException {
    try {
      return started.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a process is handed over before it is heard of", e);
    }
  }

  private Meta process(FrontendImage image) {
    Meta.Builder meta =
        Meta.newBuilder()
            .addAllArgs(image.entrypoint())
            .addAllEnv(image.environment())
            .setCwd(image.workingDirectory());
    int number = 0;
    for (Map.Entry<String, String> option : new TreeMap<>(question.options()).entrySet()) {
      meta.addEnv(
          "BUILDKIT_FRONTEND_OPT_" + number++ + "=" + option.getKey() + "=" + option.getValue());
    }
    return meta.addEnv("BUILDKIT_SESSION_ID=" + caller.context().sessionId())
        .addEnv("BUILDKIT_WORKERS=" + parts.workers().get())
        .addEnv("BUILDKIT_EXPORTEDPRODUCT=buildkit")
        .build();
  }

  /** An error that it returned counts most, then the one that it ended with. */
  private FrontendResult result(Program program) throws SlipwayException, InterruptedException {
    CompletableFuture<Object> first =
        CompletableFuture.anyOf(program.ended, own.returning().handle((_, _) -> true));
    try {
      first.get();
      Optional<ProcessFailure> failure = Optional.empty();
      try {
        failure = program.ended.get(EXIT_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        // It has returned its result, and is ended with its container.
        failure = Optional.empty();
      }
      if (!own.returning().isDone()) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "frontend "
                + source
                + " ended without a result"
                + failure.map(bad -> ": " + bad.getMessage()).orElse(""),
            failure.orElse(null));
      }
      FrontendResult result = own.awaitReturn();
      if (failure.isPresent()) {
        throw failure.get();
      }
      return result;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a process's end is never an exception", e);
    }
  }

  /** What the program writes and how it ends. */
  private final class Program implements ProcessListener {
    private final AtomicReference<GatewayServing.Stream> stream;
    private final CompletableFuture<Optional<ProcessFailure>> ended = new CompletableFuture<>();
    private Optional<VertexState> line = Optional.empty(); // guarded by this

    Program(AtomicReference<GatewayServing.Stream> stream) {
      this.stream = stream;
    }

    @Override
    public void started() {}

    @Override
    public void output(int number, byte[] data) {
      if (number == 1) {
        stream.get().received(data);
      } else {
        complain(data);
      }
    }

    /** What it has to say to people has a line of its own, from its first word on. */
    private synchronized void complain(byte[] data) {
      if (line.isEmpty()) {
        VertexState shown =
            VertexState.internal(
                    caller.context().buildId() + " frontend " + source + " " + own.hashCode(),
                    "[frontend] " + source)
                .started(clock.instant());
        line = Optional.of(shown);
        caller.context().progress().vertex(shown);
      }
      caller.context().progress().log(new LogChunk(line.get().digest(), 2, data, clock.instant()));
    }

    @Override
    public void exited(Optional<ProcessFailure> failure) {
      ended.complete(failure);
    }

    synchronized void close() {
      line.ifPresent(shown -> caller.context().progress().vertex(shown.completed(clock.instant())));
      line = Optional.empty();
    }
  }
}
