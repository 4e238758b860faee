package dev.slipway.solve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.RemoteSources;
import dev.slipway.fetch.Requester;
import dev.slipway.fetch.layout.OciLayouts;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.plan.BuildGraph;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.ResolvedImage;
import dev.slipway.session.Session;
import dev.slipway.session.Session.LocalRequest;
import dev.slipway.session.Sessions;
import dev.slipway.telemetry.BuildMetric;
import dev.slipway.telemetry.Meters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Brings what a graph starts from: clients' directories, images' digests and layers. Several at
 * once. @ThreadSafe
 */
public final class Sources {
  /**
   * How long a session may take to appear after the solve that names it: BuildKit's clients open
   * both at the same time.
   */
  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  private static final String LOCAL = "local";
  private static final String IMAGE = "docker-image";

  /** A session that another build opened was there before this build, if it is there. */
  private static final Duration OTHER_PATIENCE = Duration.ofSeconds(2);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<List<String>> STRINGS = new TypeReference<>() {};

  private final Sessions sessions;
  private final ImageLookup images;
  private final CacheIndex index;
  private final Meters meters;
  private final Clock clock;
  private final RemoteSources remote;
  private final OciLayouts layouts;
  private final BlobOffers offers;

  /** Without sources that are fetched. */
  public Sources(
      Sessions sessions, ImageLookup images, CacheIndex index, Meters meters, Clock clock) {
    this(
        sessions,
        images,
        index,
        meters,
        clock,
        RemoteSources.NONE,
        new OciLayouts(),
        BlobOffers.NONE);
  }

  public Sources(
      Sessions sessions,
      ImageLookup images,
      CacheIndex index,
      Meters meters,
      Clock clock,
      RemoteSources remote,
      OciLayouts layouts,
      BlobOffers offers) {
    this.remote = remote;
    this.offers = offers;
    this.layouts = layouts;
    this.sessions = sessions;
    this.images = images;
    this.index = index;
    this.meters = meters;
    this.clock = clock;
  }

  /** Whether the source's result is a directory that the coordinator gets itself. */
  boolean givesTree(Op.Source source) {
    return source.scheme().equals(LOCAL) || remote.serves(source.scheme());
  }

  /** Whether the source's result is an image's layers. */
  boolean givesImage(Op.Source source) {
    return source.scheme().equals(IMAGE) || source.scheme().equals(OciLayouts.SCHEME);
  }

  /** Receives the directories of {@code local://} vertices, and fetches what else is one. */
  Map<Digest, ContextTree> trees(
      BuildContext build, BuildGraph graph, List<Vertex> vertices, VertexProgress progress)
      throws SlipwayException, InterruptedException {
    return each(
        vertices, vertex -> shown(vertex, progress, () -> tree(build, graph, vertex, progress)));
  }

  private ContextTree tree(
      BuildContext build, BuildGraph graph, Vertex vertex, VertexProgress progress)
      throws SlipwayException, InterruptedException {
    Op.Source source = (Op.Source) vertex.op();
    if (source.scheme().equals(LOCAL)) {
      return receive(build, vertex, progress);
    }
    try {
      return remote.tree(
          source, requester(build, (stream, data) -> progress.log(vertex.digest(), stream, data)));
    } catch (SlipwayException e) {
      throw new StepFailure(
          e.kind(),
          "failed to load cache key: " + e.getMessage(),
          vertex.digest(),
          graph.sources(vertex.digest()),
          0);
    }
  }

  /** On whose behalf the build fetches. */
  Requester requester(BuildContext build, Requester.Output output) {
    return new Requester(build.buildId(), build.sessionId(), build.rights(), sessions, output);
  }

  /**
   * Root digests of {@code docker-image://} vertices. A pinned reference names it already; the
   * registry is asked nevertheless, for an image that workers hold is for those who may pull it.
   */
  Map<Digest, Digest> digests(BuildContext build, List<Vertex> vertices, VertexProgress progress)
      throws SlipwayException, InterruptedException {
    return each(vertices, vertex -> digest(build, vertex, progress));
  }

  private Digest digest(BuildContext build, Vertex vertex, VertexProgress progress)
      throws SlipwayException, InterruptedException {
    Op.Source source = (Op.Source) vertex.op();
    if (source.scheme().equals(OciLayouts.SCHEME)) {
      return shown(
          vertex,
          progress,
          () -> {
            Digest root = layout(build, vertex).root().digest();
            ImageAttributes.check(source, root);
            return root;
          });
    }
    ImageReference reference = reference(vertex);
    build.rights().checkPull(reference);
    Optional<Digest> pinned = reference.digest();
    if (pinned.isPresent() && build.pulls().has(reference, pinned.get())) {
      ImageAttributes.check(source, pinned.get());
      return pinned.get();
    }
    return shown(
        vertex,
        progress,
        () -> {
          Digest root = images.digest(reference, platform(vertex), authenticator(build));
          ImageAttributes.check(source, root);
          return root;
        });
  }

  private ResolvedImage layout(BuildContext build, Vertex vertex)
      throws SlipwayException, InterruptedException {
    return layouts.resolve(
        (Op.Source) vertex.op(), platform(vertex), requester(build, Requester.Output.NONE));
  }

  /** Layers of the images; nothing is downloaded. */
  Map<Digest, LayerChain> images(BuildContext build, List<Vertex> vertices, VertexProgress progress)
      throws SlipwayException, InterruptedException {
    return each(vertices, vertex -> shown(vertex, progress, () -> image(build, vertex)));
  }

  private LayerChain image(BuildContext build, Vertex vertex)
      throws SlipwayException, InterruptedException {
    Op.Source source = (Op.Source) vertex.op();
    List<LayerRecord> layers =
        source.scheme().equals(OciLayouts.SCHEME)
            ? layout(build, vertex).layers().stream().map(Sources::ofLayout).toList()
            : images.layers(reference(vertex), platform(vertex), authenticator(build));
    OptionalInt limit = ImageAttributes.layerLimit(source);
    if (limit.isPresent() && limit.getAsInt() < layers.size()) {
      layers = layers.subList(0, limit.getAsInt());
    }
    index.learn(layers);
    return new LayerChain(layers.stream().map(LayerRecord::id).toList());
  }

  /** A layer that only the build's client has; where else it is the index may know. */
  private static LayerRecord ofLayout(ResolvedImage.Layer layer) {
    return new LayerRecord(
        "chain:" + layer.chainId(),
        0,
        Optional.of(
            new LayerRecord.Blob(
                layer.diffId(),
                layer.blob().digest(),
                layer.blob().size(),
                layer.blob().mediaType())),
        Optional.empty(),
        Set.of());
  }

  /** The one that is named; when it has ended the build's own, whose client has the same files. */
  private Session session(BuildContext build, String named)
      throws SlipwayException, InterruptedException {
    boolean other = !named.equals(build.sessionId()) && !build.sessionId().isEmpty();
    try {
      return sessions.await(
          build.rights().principal(), named, other ? OTHER_PATIENCE : SESSION_PATIENCE);
    } catch (SlipwayException e) {
      if (!other) {
        throw e;
      }
      return sessions.await(build.rights().principal(), build.sessionId(), SESSION_PATIENCE);
    }
  }

  private ContextTree receive(BuildContext build, Vertex vertex, VertexProgress progress)
      throws SlipwayException, InterruptedException {
    Op.Source source = (Op.Source) vertex.op();
    Map<String, String> attributes = source.attributes();
    String sessionId = attributes.getOrDefault("local.session", build.sessionId());
    String name = source.locator();
    int prefix = sessionId.indexOf(':');
    if (prefix >= 0) {
      // The client has several directories of the name, and tells them apart so.
      name = sessionId.substring(0, prefix) + "-" + name;
      sessionId = sessionId.substring(prefix + 1);
    }
    Session session = session(build, sessionId);
    LocalRequest request =
        new LocalRequest(
            name,
            strings(attributes, "local.includepattern"),
            strings(attributes, "local.excludepatterns"),
            strings(attributes, "local.followpaths"),
            attributes.getOrDefault("local.sharedkeyhint", ""),
            !attributes.getOrDefault("local.differ", "metadata").equals("none"),
            metadataOnly(attributes));
    String line = "transferring " + source.locator() + ":";
    Instant begun = clock.instant();
    long[] last = new long[1];
    ContextTree tree =
        session.receive(
            request,
            bytes -> {
              last[0] = bytes;
              progress.status(
                  new StatusLine(
                      line,
                      vertex.digest(),
                      "transferring",
                      bytes,
                      0,
                      clock.instant(),
                      Optional.of(begun),
                      Optional.empty()));
            });
    Instant end = clock.instant();
    meters.add(BuildMetric.CONTEXT_BYTES, last[0]);
    meters.record(BuildMetric.CONTEXT_SECONDS, Duration.between(begun, end));
    progress.status(
        new StatusLine(
            line,
            vertex.digest(),
            "transferring",
            last[0],
            0,
            end,
            Optional.of(begun),
            Optional.of(end)));
    return tree;
  }

  /** Where a worker gets a layer of a layout that the build's client serves. */
  Optional<BlobSource> layoutBlob(BuildContext build, Digest blob) {
    return layouts
        .blob(build.buildId(), blob)
        .map(content -> offers.offer(() -> content.open(blob)));
  }

  /** Credentials of the build's client; nobody's when it has no session. */
  Authenticator authenticator(BuildContext build) throws SlipwayException, InterruptedException {
    return session(build).map(Session::authenticator).orElse(Authenticator.ANONYMOUS);
  }

  /** The session of the build's client; empty when it named none. */
  Optional<Session> session(BuildContext build) throws SlipwayException, InterruptedException {
    return build.sessionId().isEmpty()
        ? Optional.empty()
        : Optional.of(
            sessions.await(build.rights().principal(), build.sessionId(), SESSION_PATIENCE));
  }

  private static <T> Map<Digest, T> each(List<Vertex> vertices, Parallel.Work<Vertex, T> work)
      throws SlipwayException, InterruptedException {
    List<T> results = Parallel.map(vertices, work);
    Map<Digest, T> byVertex = new LinkedHashMap<>();
    for (int i = 0; i < vertices.size(); i++) {
      byVertex.put(vertices.get(i).digest(), results.get(i));
    }
    return byVertex;
  }

  private interface Work<T> {
    T run() throws SlipwayException, InterruptedException;
  }

  private static <T> T shown(Vertex vertex, VertexProgress progress, Work<T> work)
      throws SlipwayException, InterruptedException {
    progress.started(vertex.digest());
    try {
      T result = work.run();
      progress.completed(vertex.digest());
      return result;
    } catch (SlipwayException e) {
      progress.failed(vertex.digest(), e.getMessage());
      throw e;
    }
  }

  private static ImageReference reference(Vertex vertex) throws SlipwayException {
    return ImageReference.parse(((Op.Source) vertex.op()).locator());
  }

  private static Platform platform(Vertex vertex) {
    return vertex.platform().orElse(Platform.LINUX_AMD64);
  }

  /** Patterns of what comes with its content when the rest is only listed. */
  private static Optional<List<String>> metadataOnly(Map<String, String> attributes)
      throws SlipwayException {
    String value = attributes.getOrDefault("local.metadatatransfer", "false");
    boolean only =
        switch (value) {
          case "1", "t", "T", "TRUE", "true", "True" -> true;
          case "0", "f", "F", "FALSE", "false", "False" -> false;
          default ->
              throw new SlipwayException(
                  ErrorKind.INVALID, "invalid value for local.metadatatransfer \"" + value + "\"");
        };
    return only
        ? Optional.of(strings(attributes, "local.metadatatransferexclude"))
        : Optional.empty();
  }

  private static List<String> strings(Map<String, String> attributes, String key)
      throws SlipwayException {
    String json = attributes.get(key);
    if (json == null || json.isEmpty()) {
      return List.of();
    }
    try {
      return JSON.readValue(json, STRINGS);
    } catch (JsonProcessingException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "attribute " + key + " of a local source is no JSON list of strings: " + json,
          e);
    }
  }
}
