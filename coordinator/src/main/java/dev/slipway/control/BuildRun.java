package dev.slipway.control;

import dev.slipway.config.QueueSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Subject;
import dev.slipway.export.ExportSource;
import dev.slipway.export.Exporters;
import dev.slipway.export.PlatformResult;
import dev.slipway.export.PreparedExport;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.frontend.gateway.GatewayParts;
import dev.slipway.frontend.gateway.SourceMessages;
import dev.slipway.graph.Definition;
import dev.slipway.identity.Caller;
import dev.slipway.policy.BuildPolicy;
import dev.slipway.policy.ClientPolicy;
import dev.slipway.progress.BuildSummary;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.Progress.Warning;
import dev.slipway.progress.ProgressLog;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.SolvedResult;
import dev.slipway.telemetry.BuildLog;
import dev.slipway.telemetry.BuildMetric;
import dev.slipway.telemetry.Meters;
import dev.slipway.telemetry.QueueMetric;
import dev.slipway.tracing.Trace;
import dev.slipway.tracing.Tracing;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs builds from their request to their answer, each on its caller's thread; an interrupt cancels
 * it. @ThreadSafe
 */
final class BuildRun {
  private static final Logger log = LoggerFactory.getLogger(BuildRun.class);

  /** Exports of one build at most: each of the others lost a worker in the middle. */
  private static final int MAX_EXPORTS = 3;

  /** Clients open the session and the build at the same time. */
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  private static final String FRONTEND_KEYS = "frontend.";

  private final BuildJobs jobs;
  private final GatewayParts parts;
  private final Exporters exporters;
  private final BiConsumer<String, Subject> begun;
  private final Meters meters;
  private final BuildFigures figures;
  private final Tracing tracing;
  private final Duration timeout;

  /**
   * @param begun hears of each build before its first solve
   */
  BuildRun(
      BuildJobs jobs,
      GatewayParts parts,
      Exporters exporters,
      BiConsumer<String, Subject> begun,
      Meters meters,
      Tracing tracing,
      Duration timeout) {
    this.jobs = jobs;
    this.parts = parts;
    this.exporters = exporters;
    this.begun = begun;
    this.meters = meters;
    this.figures = new BuildFigures(meters);
    this.tracing = tracing;
    this.timeout = timeout;
  }

  /** Runs the build and returns the exporters' response. */
  Map<String, String> run(Order order, Caller caller)
      throws SlipwayException, IOException, InterruptedException {
    Trace theirs = order.internal() ? Trace.OFF : tracing.of(CallHeaders.traceparent());
    try (Trace trace = theirs.child("build");
        MDC.MDCCloseable _ = MDC.putCloseable("build", order.ref());
        Trace.Logged _ = trace.logged()) {
      return run(order, caller, trace.with("build", order.ref()).with("name", order.name()));
    }
  }

  private Map<String, String> run(Order order, Caller caller, Trace trace)
      throws SlipwayException, IOException, InterruptedException {
    ProgressLog progress = new ProgressLog(parts.clock(), jobs.changes()::happened);
    AtomicReference<GatewayBuild> made = new AtomicReference<>();
    BuildContext context =
        BuildContext.of(order.ref(), order.sessionId(), order.rights(), progress, trace)
            .with(policy(order, made::get));
    GatewayBuild gateway = new GatewayBuild(context, order.inputs(), parts);
    made.set(gateway);
    if (order.standing().isPresent()) {
      gateway.settle(order.standing().get());
    }
    BuildJob job =
        new BuildJob(
            order.ref(),
            new BuildJob.Kind(order.title(), order.gatewayMode(), order.internal()),
            progress,
            gateway,
            parts.clock().instant());
    jobs.open(job);
    begun.accept(order.ref(), Subjects.of(order));
    begun(order, job, caller);
    try (Interruption interruption = Interruption.ofThisThread()) {
      watch(order, caller, interruption);
      Map<String, String> response = runInTime(order, job, caller, interruption);
      end(job, caller, BuildSummary.State.SUCCEEDED, Optional.empty());
      return response;
    } catch (SlipwayException | IOException | InterruptedException | RuntimeException e) {
      boolean cancelled = ErrorStatus.isCancellation(e);
      trace.fail(cancelled ? "cancelled" : String.valueOf(e.getMessage()));
      end(
          job,
          caller,
          cancelled ? BuildSummary.State.CANCELLED : BuildSummary.State.FAILED,
          Optional.of(e));
      throw e;
    }
  }

  /**
   * @param gateway of the build, which answers what the client's own policy wants to know
   */
  private BuildPolicy policy(Order order, Supplier<GatewayBuild> gateway) {
    Optional<ClientPolicy> client =
        order.policySession().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new ClientPolicy(
                    parts.sessions(),
                    order.rights().principal(),
                    order.policySession(),
                    request ->
                        SourceMessages.answer(
                            gateway.get().ask(SourceMessages.question(request, false)),
                            request.getImage().getNoConfig())));
    return new BuildPolicy(order.policies(), client, parts.remote()::identifier);
  }

  /**
   * A client that vanished without a word is seen by its session first: nobody waits for the build.
   */
  private void watch(Order order, Caller caller, Interruption clientGone) {
    if (order.sessionId().isEmpty()) {
      return;
    }
    Thread.ofVirtual()
        .name("session-watch-" + order.ref())
        .start(() -> {
          try {
            parts
                .sessions()
                .await(caller.principal(), order.sessionId(), SESSION_PATIENCE)
                .onClose(clientGone::fire);
          } catch (SlipwayException | InterruptedException e) {
            log.atDebug()
                .addKeyValue("build", order.ref())
                .addKeyValue("reason", e.getMessage())
                .log("build without a session");
          }
        });
  }

  private Map<String, String> runInTime(
      Order order, BuildJob job, Caller caller, Interruption interruption)
      throws SlipwayException, IOException, InterruptedException {
    try (Deadline deadline = Deadline.start(timeout, interruption)) {
      try {
        return run(order, job, caller);
      } catch (SlipwayException | IOException | InterruptedException e) {
        if (deadline.passed()) {
          throw new SlipwayException(
              ErrorKind.EXHAUSTED,
              "build "
                  + order.ref()
                  + " was cancelled: it ran for "
                  + QueueSettings.text(timeout)
                  + ", as long as queue.build-timeout allows",
              e);
        }
        throw e;
      }
    }
  }

  private Map<String, String> run(Order order, BuildJob job, Caller caller)
      throws SlipwayException, IOException, InterruptedException {
    List<PreparedExport> exports = new ArrayList<>();
    for (Exporters.Request export : order.exports()) {
      exports.add(prepared(export, job));
    }
    order.cacheImports().forEach(source -> refuseCacheImport(job, source));
    FrontendResult result =
        during(
            job,
            BuildMetric.Phase.FRONTEND,
            () ->
                order.gatewayMode()
                    ? job.gateway().awaitReturn()
                    : job.gateway().direct(order.question()));
    List<PlatformResult> results =
        during(job, BuildMetric.Phase.SOLVE, () -> evaluate(job.context(), result));
    if (order.sessionExporter()) {
      for (Exporters.Request wish : SessionExports.wishes(order, job, parts, result)) {
        exports.add(prepared(wish, job));
      }
    }
    complain(order, job, result);
    Map<String, String> response =
        during(job, BuildMetric.Phase.EXPORT, () -> export(exports, job, caller, result, results));
    for (Map.Entry<String, byte[]> entry : result.metadata().entrySet()) {
      if (entry.getKey().startsWith(FRONTEND_KEYS)) {
        response.put(
            entry.getKey(), new String(entry.getValue(), java.nio.charset.StandardCharsets.UTF_8));
      }
    }
    if (order.sessionExporter()) {
      SessionExports.targets(order, job, parts).exported(response);
    }
    return response;
  }

  private PreparedExport prepared(Exporters.Request request, BuildJob job) throws SlipwayException {
    PreparedExport export = exporters.prepare(request);
    export.check(job.context().rights());
    return export;
  }

  /** Says when the result is for other platforms than were asked for. */
  private void complain(Order order, BuildJob job, FrontendResult result) throws SlipwayException {
    Optional<String> words =
        RequestedPlatforms.complaint(
            order.question().options(), result, parts.platforms().get().getFirst());
    if (words.isEmpty()) {
      return;
    }
    Instant now = parts.clock().instant();
    VertexState line =
        VertexState.internal(job.ref() + " verify", "Verifying build result").started(now);
    job.progress().vertex(line);
    job.progress()
        .warning(
            new Warning(line.digest(), 0, words.get(), List.of(), "", Optional.empty(), List.of()));
    job.progress().vertex(line.completed(now));
  }

  private interface PhaseWork<T> {
    T run() throws SlipwayException, IOException, InterruptedException;
  }

  private <T> T during(BuildJob job, BuildMetric.Phase phase, PhaseWork<T> work)
      throws SlipwayException, IOException, InterruptedException {
    Instant begun = parts.clock().instant();
    try (Trace _ = job.context().trace().child(phase.name().toLowerCase(Locale.ROOT))) {
      return work.run();
    } finally {
      figures.phase(phase, Duration.between(begun, parts.clock().instant()));
    }
  }

  /**
   * Exports, one after the other: a client's file must not end in the middle because another export
   * failed. When a worker left with layers in the middle, they are made again elsewhere and the
   * export goes on.
   */
  private Map<String, String> export(
      List<PreparedExport> exports,
      BuildJob job,
      Caller caller,
      FrontendResult result,
      List<PlatformResult> first)
      throws SlipwayException, InterruptedException {
    List<PlatformResult> results = first;
    Map<String, String> response = new HashMap<>();
    int next = 0;
    for (int attempt = 1; next < exports.size(); ) {
      PreparedExport export = exports.get(next);
      try {
        Map<String, String> exported =
            exporters.run(export, new ExportSource(results, result.metadata()), job.context());
        if (export.pushes()) {
          pushed(job, caller, exported);
        }
        response.putAll(exported);
        next++;
      } catch (SlipwayException e) {
        List<PlatformResult> again =
            e.kind() == ErrorKind.UNAVAILABLE && attempt < MAX_EXPORTS
                ? evaluate(job.context(), result)
                : results;
        if (again.equals(results)) {
          throw e;
        }
        attempt++;
        meters.count(QueueMetric.EXPORTS_RETRIED);
        log.atWarn()
            .addKeyValue("build", job.ref())
            .addKeyValue("reason", e.getMessage())
            .log("export starts again with layers made again");
        results = again;
      }
    }
    return response;
  }

  /** Brings all results into being, together; what they share runs once. */
  private List<PlatformResult> evaluate(BuildContext context, FrontendResult result)
      throws SlipwayException, InterruptedException {
    Map<String, Definition> wanted = new LinkedHashMap<>(result.byPlatform());
    if (wanted.isEmpty()) {
      wanted.put("", result.single().orElse(Definition.SCRATCH));
    }
    List<Definition> definitions =
        wanted.values().stream().filter(definition -> definition.result().isPresent()).toList();
    List<SolvedResult> solved =
        definitions.isEmpty() ? List.of() : parts.solver().solve(context, definitions);
    List<PlatformResult> results = new ArrayList<>();
    int next = 0;
    for (Map.Entry<String, Definition> entry : wanted.entrySet()) {
      boolean scratch = entry.getValue().result().isEmpty();
      results.add(
          new PlatformResult(
              entry.getKey(), scratch ? Optional.empty() : Optional.of(solved.get(next++))));
    }
    return results;
  }

  private void refuseCacheImport(BuildJob job, String source) {
    Instant now = parts.clock().instant();
    String name = "importing cache manifest from " + source;
    job.progress()
        .vertex(
            VertexState.internal(job.ref() + " " + name, name)
                .started(now)
                .failed(now, "importing a cache is not supported yet"));
  }

  private static void begun(Order order, BuildJob job, Caller caller) {
    if (!job.isInternal()) {
      BuildLog.event(job.ref())
          .addKeyValue("name", order.title())
          .addKeyValue("session", order.sessionId())
          .addKeyValue("who", caller.who())
          .addKeyValue("from", caller.from())
          .log("build started");
    }
  }

  private void pushed(BuildJob job, Caller caller, Map<String, String> exported) {
    String digest = exported.getOrDefault("containerimage.digest", "");
    for (String image : exported.getOrDefault("image.name", "").split(",")) {
      figures.pushed();
      Audit.by(caller)
          .addKeyValue("tenant", job.context().tenant())
          .addKeyValue("build", job.ref())
          .addKeyValue("image", image.strip())
          .addKeyValue("digest", digest)
          .log("pushed");
    }
  }

  private void end(
      BuildJob job, Caller caller, BuildSummary.State state, Optional<Exception> error) {
    error
        .map(e -> Blames.reason(e, job.gateway().lastFailure()))
        .flatMap(Failures::place)
        .ifPresent(job::blame);
    jobs.close(job, state, error.map(e -> ErrorStatus.of(e).getMessage()));
    job.gateway().whenQuiet(() -> parts.solver().forget(job.ref()));
    if (job.isInternal()) {
      return;
    }
    Duration took = Duration.between(job.startedAt(), parts.clock().instant());
    figures.ended(job, state, took, error.map(Throwable.class::cast));
    BuildLog.event(job.ref())
        .addKeyValue("state", state)
        .addKeyValue("millis", took.toMillis())
        .addKeyValue("peerBytes", job.moved().peers())
        .addKeyValue("registryBytes", job.moved().registries())
        .addKeyValue("coordinatorBytes", job.moved().coordinator())
        .log("build ended");
    Audit.by(caller)
        .addKeyValue("tenant", job.context().tenant())
        .addKeyValue("build", job.ref())
        .addKeyValue("name", job.name())
        .addKeyValue("state", state)
        .log("built");
  }
}
