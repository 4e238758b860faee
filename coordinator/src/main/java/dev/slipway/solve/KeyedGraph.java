package dev.slipway.solve;

import dev.slipway.cache.CacheKeys;
import dev.slipway.cache.CacheKeys.Input;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.explain.Ingredients;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.plan.BuildGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A build's vertices with their cache keys. A step that reads a client's directory is keyed by the
 * contents of just the paths it reads, so the key is known before any worker is asked. A vertex
 * that may not be taken from the cache makes all that build on it fresh too.
 */
final class KeyedGraph {
  private final Map<Digest, VertexWork> work = new LinkedHashMap<>();
  private final Map<InputSlot, ContextTree> selections = new HashMap<>();
  private final BuildGraph graph;
  private final String trustDomain;
  private final Map<Digest, Digest> images;

  /** Input {@code index} of a vertex. */
  record InputSlot(Digest vertex, int index) {}

  /**
   * @param trees directories by the vertex that brings them
   * @param images root digests by the vertex that brings the image
   */
  KeyedGraph(
      BuildGraph graph,
      String trustDomain,
      Map<Digest, ContextTree> trees,
      Map<Digest, Digest> images) {
    this.graph = graph;
    this.trustDomain = trustDomain;
    this.images = images;
    for (Vertex vertex : graph.inOrder()) {
      work.put(vertex.digest(), keyed(vertex, trees, images));
    }
  }

  VertexWork of(Digest vertex) {
    return work.get(vertex);
  }

  Iterable<VertexWork> all() {
    return work.values();
  }

  /**
   * The part of a client's directory that the vertex reads through this input; null when the input
   * is something else.
   */
  ContextTree selection(Digest vertex, int index) {
    return selections.get(new InputSlot(vertex, index));
  }

  private VertexWork keyed(
      Vertex vertex, Map<Digest, ContextTree> trees, Map<Digest, Digest> images) {
    if (vertex.op() instanceof Op.Source source) {
      ContextTree tree = trees.get(vertex.digest());
      return new VertexWork(
          vertex,
          tree != null
              ? "local:" + tree.layerDigest().hex()
              : ofImage(source, images.get(vertex.digest()), vertex));
    }
    boolean reusable = !vertex.metadata().ignoreCache();
    List<Input> inputs = new ArrayList<>();
    Map<Integer, List<PathSelector>> selected = new HashMap<>(ContentInputs.of(vertex));
    for (int index = 0; index < vertex.inputs().size(); index++) {
      Edge edge = vertex.inputs().get(index);
      ContextTree tree = trees.get(edge.vertex());
      if (tree != null) {
        List<PathSelector> selectors = selected.remove(index);
        ContextTree selection = selectors == null ? tree : tree.select(selectors);
        selections.put(new InputSlot(vertex.digest(), index), selection);
        inputs.add(new Input.Content(selection.contentDigest()));
      } else {
        VertexWork input = work.get(edge.vertex());
        reusable &= input.reusable;
        inputs.add(new Input.Result(input.key, edge.output()));
      }
    }
    return new VertexWork(vertex, key(vertex, inputs), reusable, selected);
  }

  /** Some of an image's layers are another image. */
  private static String ofImage(Op.Source source, Digest root, Vertex vertex) {
    String whole = CacheKeys.ofImage(root, vertex.platform().orElse(Platform.LINUX_AMD64));
    String limit =
        source
            .attributes()
            .getOrDefault(
                "image.layerlimit", source.attributes().getOrDefault("oci.layerlimit", ""));
    return limit.isEmpty() ? whole : whole + " " + limit + " layers";
  }

  /** The cache key of the vertex when it reads these inputs. */
  String key(Vertex vertex, List<Input> inputs) {
    return CacheKeys.of(trustDomain, vertex, inputs);
  }

  /** What the keys were made of. @param tenant whose build it is */
  Ingredients ingredients(String tenant) {
    Map<Digest, String> keys = new HashMap<>();
    work.forEach((vertex, one) -> keys.put(vertex, one.key));
    return new Ingredients(
        tenant,
        trustDomain,
        graph,
        keys,
        images,
        (vertex, input) -> Optional.ofNullable(selection(vertex, input)));
  }

  BuildGraph graph() {
    return graph;
  }
}
