package dev.slipway.frontend.gateway;

import dev.slipway.container.ContainerOps;
import dev.slipway.container.FarmContainer;
import dev.slipway.container.ProcessListener;
import dev.slipway.container.RunningProcess;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.ReplacedImage;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import dev.slipway.policy.SourcePolicy;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.gateway.NewContainerRequest;
import dev.slipway.protocol.buildkit.ops.Mount;
import dev.slipway.protocol.buildkit.ops.SecretEnv;
import dev.slipway.protocol.worker.StartProcess;
import dev.slipway.schedule.Standing;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.ContainerPlacement;
import dev.slipway.solve.SolvedResult;
import dev.slipway.solve.StepFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One build as its frontend sees it: references to results, what it was given, what it returns.
 * Calls block and run on their caller's thread; the end of the build interrupts them. @ThreadSafe
 */
public final class GatewayBuild {
  /** How long a session may take to appear after the call that names it. */
  static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  private static final String IMAGE = "docker-image://";

  /** Results that one build may refer to; real frontends make a handful. */
  private static final int MAX_REFERENCES = 10_000;

  /** A frontend's image that names another, as a Dockerfile's syntax does, is one level. */
  private static final int MAX_DEPTH = 8;

  /** Frontends that are images, at once; each takes a container. */
  private static final int MAX_FRONTENDS = 16;

  private volatile Map<String, Definition> inputs;
  private final GatewayParts parts;
  private final RunningCalls calls = new RunningCalls();
  private final GatewayContainers containers = new GatewayContainers();
  private final KeptFailures failures = new KeptFailures();
  private final Map<String, ResultReference> references = new ConcurrentHashMap<>();
  private final SourceQuestions sources;
  private final CompletableFuture<FrontendResult> returned = new CompletableFuture<>();
  private final AtomicReference<Standing> settled = new AtomicReference<>();
  private final int depth;

  /** Of the whole build, whoever asks. */
  private final Semaphore frontends;

  private volatile BuildContext context;

  public GatewayBuild(BuildContext context, Map<String, Definition> inputs, GatewayParts parts) {
    this(context, inputs, parts, 0, new Semaphore(MAX_FRONTENDS));
  }

  private GatewayBuild(
      BuildContext context,
      Map<String, Definition> inputs,
      GatewayParts parts,
      int depth,
      Semaphore frontends) {
    this.depth = depth;
    this.frontends = frontends;
    this.context = context;
    this.inputs = Map.copyOf(inputs);
    this.parts = parts;
    this.sources = new SourceQuestions(parts);
  }

  /**
   * What the frontend wants solved: a graph, another frontend's answer, or nothing (an empty
   * result).
   *
   * @param frontend empty = none
   * @param evaluate whether to wait until the results exist
   * @param policies rules for the sources of this answer, besides the build's
   */
  public record Question(
      Optional<Definition> definition,
      String frontend,
      Map<String, String> options,
      Map<String, Definition> inputs,
      boolean evaluate,
      List<SourcePolicy> policies) {
    public Question {
      options = Map.copyOf(options);
      inputs = Map.copyOf(inputs);
      policies = List.copyOf(policies);
    }

    /** Without rules of its own. */
    public Question(
        Optional<Definition> definition,
        String frontend,
        Map<String, String> options,
        Map<String, Definition> inputs,
        boolean evaluate) {
      this(definition, frontend, options, inputs, evaluate, List.of());
    }
  }

  /**
   * References by id; the empty id is scratch.
   *
   * @param single empty when there is one per platform
   * @param byPlatform by platform id, in order
   */
  public record Answer(
      Optional<String> single, Map<String, String> byPlatform, Map<String, byte[]> metadata) {
    public Answer {
      byPlatform = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(byPlatform));
      metadata = Map.copyOf(metadata);
    }
  }

  public BuildContext context() {
    return context;
  }

  /**
   * What the build brings to the queue, which a client's frontend says with its first call.
   *
   * @throws SlipwayException INVALID when it said something else before, DENIED when it may not be
   *     that tenant
   */
  public void settle(Standing standing) throws SlipwayException {
    BuildContext wanted = context.with(standing);
    if (!settled.compareAndSet(null, standing) && !standing.equals(settled.get())) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "build "
              + context.buildId()
              + " asks for two places in the queue: tenant, priority and worker labels are a build's, not a call's");
    }
    context = wanted;
  }

  /** The graphs that the client gave to the build. */
  public Map<String, Definition> inputs() {
    return inputs;
  }

  /** Solves; lazily unless asked otherwise. */
  public Answer solve(Question question)
      throws SlipwayException, IOException, InterruptedException {
    return calls.run(() -> {
      if (question.definition().isPresent() && !question.frontend().isEmpty()) {
        throw new SlipwayException(
            ErrorKind.INVALID, "cannot solve with both Definition and Frontend specified");
      }
      FrontendResult result = allowed(result(question), question.policies());
      Map<String, String> byPlatform = new LinkedHashMap<>();
      for (Map.Entry<String, Definition> entry : result.byPlatform().entrySet()) {
        byPlatform.put(entry.getKey(), register(entry.getValue()));
      }
      Optional<String> single = Optional.empty();
      if (byPlatform.isEmpty()) {
        single = Optional.of(result.single().isPresent() ? register(result.single().get()) : "");
      }
      if (question.evaluate()) {
        for (String id : single.map(List::of).orElseGet(() -> List.copyOf(byPlatform.values()))) {
          evaluate(reference(id));
        }
      }
      return new Answer(single, byPlatform, result.metadata());
    });
  }

  private FrontendResult allowed(FrontendResult result, List<SourcePolicy> policies)
      throws SlipwayException, InterruptedException {
    if (policies.isEmpty()) {
      return result;
    }
    Map<String, Definition> byPlatform = new LinkedHashMap<>();
    for (Map.Entry<String, Definition> entry : result.byPlatform().entrySet()) {
      byPlatform.put(entry.getKey(), context.policy().applyRules(entry.getValue(), policies));
    }
    Optional<Definition> single = Optional.empty();
    if (result.single().isPresent()) {
      single = Optional.of(context.policy().applyRules(result.single().get(), policies));
    }
    return new FrontendResult(single, byPlatform, result.metadata());
  }

  private FrontendResult result(Question question)
      throws SlipwayException, IOException, InterruptedException {
    if (question.definition().isPresent()) {
      Capabilities.check(question.definition().get());
      return new FrontendResult(question.definition(), Map.of(), Map.of());
    }
    if (question.frontend().isEmpty()) {
      return new FrontendResult(Optional.empty(), Map.of(), Map.of());
    }
    List<Platform> platforms = parts.platforms().get();
    Optional<String> foreign = FrontendNames.foreign(question.frontend(), question.options());
    if (foreign.isPresent()) {
      return ask(foreign.get(), question, platforms.getFirst());
    }
    FrontendRequest request =
        new FrontendRequest(
            question.options(),
            question.inputs(),
            context.sessionId(),
            platforms.getFirst(),
            platforms);
    return parts.dockerfile().solve(request, new FarmBridge(this));
  }

  /** Has the frontend that is an image answer; it sees the build as one of its own. */
  private FrontendResult ask(String image, Question question, Platform platform)
      throws SlipwayException, IOException, InterruptedException {
    if (depth == MAX_DEPTH) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "frontends that ask frontends, more than " + MAX_DEPTH + " deep");
    }
    if (!frontends.tryAcquire()) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "the build runs " + MAX_FRONTENDS + " frontends already");
    }
    try {
      GatewayBuild own = new GatewayBuild(context, question.inputs(), parts, depth + 1, frontends);
      return new ForeignFrontend(this, own, parts.foreign(), parts.clock(), image, question)
          .run(platform);
    } finally {
      frontends.release();
    }
  }

  /** Solves by another frontend, for one of the built-in ones. */
  FrontendResult forward(Question question)
      throws SlipwayException, IOException, InterruptedException {
    return result(question);
  }

  ResultReference refer(Definition definition) {
    return new ResultReference(definition);
  }

  /** An id under which the client can look into the result. */
  public String handOut(Definition definition) throws SlipwayException {
    return register(definition);
  }

  private String register(Definition definition) throws SlipwayException {
    if (definition.result().isEmpty()) {
      return "";
    }
    if (references.size() >= MAX_REFERENCES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "build " + context.buildId() + " holds " + MAX_REFERENCES + " results already");
    }
    String id = ResultIds.next();
    references.put(id, refer(definition));
    return id;
  }

  /**
   * Returns the result with the id; the empty id is scratch. @throws SlipwayException NOT_FOUND
   * when none was handed out
   */
  public ResultReference reference(String id) throws SlipwayException {
    if (id.isEmpty()) {
      return refer(Definition.SCRATCH);
    }
    ResultReference reference = references.get(id);
    if (reference == null) {
      throw new UnknownReference(id);
    }
    return reference;
  }

  /** Waits until the result exists. */
  public SolvedResult evaluate(ResultReference reference)
      throws SlipwayException, InterruptedException {
    if (reference.definition().result().isEmpty()) {
      return new SolvedResult(dev.slipway.cache.LayerChain.SCRATCH, Optional.empty());
    }
    try {
      return reference.evaluate(parts.solver(), context);
    } catch (StepFailure e) {
      throw e.step().isPresent() ? failures.keep(e, e.step().get()) : e;
    }
  }

  /** Waits until the result with the id exists, for a caller from outside. */
  public void evaluate(String id) throws SlipwayException, IOException, InterruptedException {
    calls.run(() -> evaluate(reference(id)));
  }

  byte[] readFile(ResultReference reference, String path, ResultFiles.Section section)
      throws SlipwayException, IOException, InterruptedException {
    return parts.files().read(context, evaluate(reference), path, section);
  }

  /** Reads a file of a result. */
  public byte[] readFile(String id, String path, ResultFiles.Section section)
      throws SlipwayException, IOException, InterruptedException {
    return calls.run(() -> readFile(reference(id), path, section));
  }

  /** Lists a directory of a result. */
  public List<FileStat> list(String id, String path, String includePattern)
      throws SlipwayException, IOException, InterruptedException {
    return calls.run(
        () -> parts.files().list(context, evaluate(reference(id)), path, includePattern));
  }

  /** Describes a file of a result. */
  public FileStat stat(String id, String path)
      throws SlipwayException, IOException, InterruptedException {
    return calls.run(() -> parts.files().stat(context, evaluate(reference(id)), path));
  }

  /**
   * Opens a container with results mounted, and waits until it can run processes.
   *
   * @throws SlipwayException what was wrong with it
   */
  public void open(NewContainerRequest request)
      throws SlipwayException, IOException, InterruptedException {
    calls.run(() -> {
      ContainerOps wanted = ContainerOps.of(request);
      List<SolvedResult> inputs = new ArrayList<>();
      for (String id : wanted.results()) {
        inputs.add(mounted(id, request));
      }
      // Some say only for which system it is.
      Optional<Platform> platform =
          request.getPlatform().getArchitecture().isEmpty()
              ? Optional.empty()
              : Optional.of(LlbCodec.decodePlatform(request.getPlatform()));
      containers.add(
          request.getContainerID(),
          () ->
              parts
                  .foreign()
                  .containers()
                  .open(
                      context,
                      wanted.op(),
                      inputs,
                      new ContainerPlacement(platform, request.getPlatform().getOS())));
      return wanted;
    });
  }

  private SolvedResult mounted(String id, NewContainerRequest request)
      throws SlipwayException, InterruptedException {
    Optional<SolvedResult> left = failures.find(id);
    if (left.isPresent()) {
      return left.get();
    }
    try {
      return evaluate(reference(id));
    } catch (UnknownReference e) {
      String destination =
          request.getMountsList().stream()
              .filter(mount -> mount.getResultID().equals(id))
              .map(Mount::getDest)
              .findFirst()
              .orElse("");
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "failed to find ref "
              + id
              + " for \""
              + destination
              + "\" mount: return reference "
              + id
              + " not found",
          e);
    }
  }

  /** Returns an open container. @param words what is said when there is none */
  public FarmContainer container(String id, String words) throws SlipwayException {
    return containers.find(id, words);
  }

  /**
   * Starts a process in a container.
   *
   * @param secrets of the client that it finds in its environment
   * @param listener hears of it, from the first moment on
   * @param started gets it before anything of it is heard
   */
  public void start(
      String containerId,
      StartProcess process,
      List<SecretEnv> secrets,
      ProcessListener listener,
      Consumer<RunningProcess> started)
      throws SlipwayException, IOException, InterruptedException {
    calls.run(() -> {
      FarmContainer container =
          containers.find(
              containerId, "container \"" + containerId + "\" previously released or not created");
      try {
        container.start(
            new ProcessGrants(context, parts.sessions()).grant(process, secrets, container),
            listener,
            started);
      } catch (SlipwayException e) {
        FarmContainer.refuse(e, listener);
      }
      return container;
    });
  }

  /** Ends a container and waits for its end. @throws SlipwayException what its processes did */
  public void release(String id) throws SlipwayException, InterruptedException {
    containers.take(id).release();
  }

  /** Says what a source is now, for a caller from outside. */
  public SourceQuestions.Answer resolve(SourceQuestions.Question question)
      throws SlipwayException, IOException, InterruptedException {
    return calls.run(() -> sources.ask(context, question));
  }

  /**
   * The same for who works for the build: its frontend, and its policy, which is not asked again.
   */
  public SourceQuestions.Answer ask(SourceQuestions.Question question)
      throws SlipwayException, InterruptedException {
    return sources.ask(context, question);
  }

  ResolvedImage resolveImage(String reference, Platform platform, String logName)
      throws SlipwayException, InterruptedException {
    SourceQuestions.Answer answer =
        sources.ask(
            context,
            new SourceQuestions.Question(
                new Op.Source(IMAGE + reference, Map.of()),
                Optional.of(platform),
                logName,
                SourceFacts.Wanted.ORDINARY,
                List.of(),
                true));
    ResolvedImage image =
        answer
            .image()
            .orElseThrow(() -> new ReplacedImage(reference, answer.source().identifier()));
    return new ResolvedImage(answer.source().locator(), image.digest(), image.config());
  }

  /**
   * The frontend is done. @throws SlipwayException when it was done before, or names a result that
   * it does not hold
   */
  public void giveBack(Answer answer) throws SlipwayException {
    Map<String, Definition> byPlatform = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : answer.byPlatform().entrySet()) {
      byPlatform.put(entry.getKey(), returnedDefinition(entry.getValue()));
    }
    Optional<Definition> single = Optional.empty();
    if (answer.single().isPresent() && !answer.single().get().isEmpty()) {
      single = Optional.of(returnedDefinition(answer.single().get()));
    }
    if (!returned.complete(new FrontendResult(single, byPlatform, answer.metadata()))) {
      throw alreadySet();
    }
  }

  private Definition returnedDefinition(String id) throws SlipwayException {
    if (!id.isEmpty() && !references.containsKey(id)) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "return reference " + id + " not found");
    }
    return reference(id).definition();
  }

  /** The frontend gave up. */
  public void giveUp(SlipwayException reason) throws SlipwayException {
    if (!returned.completeExceptionally(reason)) {
      throw alreadySet();
    }
  }

  private static SlipwayException alreadySet() {
    return new SlipwayException(ErrorKind.CONFLICT, "gateway result is already set");
  }

  /** Done once the frontend has given something back, or up. */
  CompletableFuture<FrontendResult> returning() {
    return returned;
  }

  /** Waits for what the frontend gives back. */
  public FrontendResult awaitReturn() throws SlipwayException, InterruptedException {
    try {
      return returned.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SlipwayException failure) {
        throw failure;
      }
      throw new IllegalStateException("gateway result failed", e);
    }
  }

  /** Runs a frontend, or takes the graph, for a client that does not run one itself. */
  public FrontendResult direct(Question question)
      throws SlipwayException, IOException, InterruptedException {
    return calls.run(() -> result(question));
  }

  /** What went wrong last in a call. */
  public Optional<SlipwayException> lastFailure() {
    return calls.lastFailure();
  }

  /**
   * Ends the build: calls that still run are interrupted, new ones refused. Ended builds are
   * remembered for a while; their graphs, which may be large, are not.
   */
  public void end() {
    calls.end();
    containers.end();
    failures.clear();
    references.clear();
    sources.forget();
    inputs = Map.of();
    returned.obtrudeException(new CancellationException("the build has ended"));
  }

  /**
   * Does this, once, when the build has ended and its last call has returned: what belongs to the
   * build must not go before, for that call may bring it into being again.
   */
  public void whenQuiet(Runnable action) {
    calls.whenQuiet(action);
  }
}
