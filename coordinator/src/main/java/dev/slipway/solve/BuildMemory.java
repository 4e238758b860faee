package dev.slipway.solve;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.plan.BuildGraph;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * What a build's solves share while it lives: a directory is received once, an image resolved once,
 * a step told not to use the cache run once. @ThreadSafe
 */
final class BuildMemory {
  private final VertexProgress progress;
  private final Map<Digest, ContextTree> trees = new ConcurrentHashMap<>();
  private final Map<Digest, Digest> images = new ConcurrentHashMap<>();
  private final Map<Digest, Known> results = new ConcurrentHashMap<>();
  private final Holds holds;
  private final Set<String> discardedMounts = ConcurrentHashMap.newKeySet();

  /** Whether a frontend may look into what fails now. */
  private volatile boolean keepsFailures;

  /** A result and the key that stands for it. */
  private record Known(Map<Integer, LayerChain> results, String canonical) {}

  BuildMemory(VertexProgress progress, Holds holds) {
    this.progress = progress;
    this.holds = holds;
  }

  void keepFailures(boolean keep) {
    keepsFailures = keep;
  }

  boolean keepsFailures() {
    return keepsFailures;
  }

  /** What workers keep for the build. */
  Holds holds() {
    return holds;
  }

  /** Cache mounts whose copies the build has thrown away, to begin without. */
  Set<String> discardedMounts() {
    return discardedMounts;
  }

  VertexProgress progress() {
    return progress;
  }

  /** The directories of the graph's sources, received or fetched if they are not here yet. */
  Map<Digest, ContextTree> trees(BuildGraph graph, Sources sources, BuildContext build)
      throws SlipwayException, InterruptedException {
    List<Vertex> wanted = sourcesOf(graph, sources::givesTree);
    trees.putAll(sources.trees(build, graph, missing(wanted, trees), progress));
    return chosen(wanted, trees);
  }

  /** Root digests of the graph's images. */
  Map<Digest, Digest> imageDigests(BuildGraph graph, Sources sources, BuildContext build)
      throws SlipwayException, InterruptedException {
    List<Vertex> vertices = sourcesOf(graph, sources::givesImage);
    images.putAll(sources.digests(build, missing(vertices, images), progress));
    return chosen(vertices, images);
  }

  Optional<ContextTree> tree(Digest vertex) {
    return Optional.ofNullable(trees.get(vertex));
  }

  /** Sets the results of those that an earlier solve of the build has. */
  void recall(Iterable<VertexWork> work) {
    for (VertexWork one : work) {
      Known known = results.get(one.vertex.digest());
      if (known != null) {
        one.done(known.results(), known.canonical());
      }
    }
  }

  void remember(Iterable<VertexWork> work) {
    for (VertexWork one : work) {
      if (one.state == VertexWork.State.DONE) {
        results.put(one.vertex.digest(), new Known(one.results, one.canonical));
      }
    }
  }

  private static List<Vertex> sourcesOf(BuildGraph graph, Predicate<Op.Source> kind) {
    return graph.inOrder().stream()
        .filter(vertex -> vertex.op() instanceof Op.Source source && kind.test(source))
        .toList();
  }

  private static List<Vertex> missing(List<Vertex> vertices, Map<Digest, ?> known) {
    return vertices.stream().filter(vertex -> !known.containsKey(vertex.digest())).toList();
  }

  private static <T> Map<Digest, T> chosen(List<Vertex> vertices, Map<Digest, T> known) {
    Map<Digest, T> chosen = new HashMap<>();
    vertices.forEach(vertex -> chosen.put(vertex.digest(), known.get(vertex.digest())));
    return chosen;
  }
}
