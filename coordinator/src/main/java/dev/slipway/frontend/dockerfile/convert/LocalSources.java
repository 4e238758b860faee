package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.oci.OciJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Directories of the client. A vertex names all paths that its users need, so a conversion runs
 * twice: once to learn the paths, once to use them. Confined to one conversion.
 */
final class LocalSources {
  private final Map<String, Set<String>> followPaths;
  private final Map<String, Set<String>> seen = new TreeMap<>();

  /**
   * @param followPaths what an earlier run saw, by the name of the use
   */
  LocalSources(Map<String, Set<String>> followPaths) {
    this.followPaths = followPaths;
  }

  /** Remembers that a use needs a path, absolute in the directory; {@code /} is all of it. */
  void need(String use, String path) {
    seen.computeIfAbsent(use, key -> new TreeSet<>()).add(path.substring(1));
  }

  Map<String, Set<String>> seen() {
    return seen;
  }

  /** The vertex of the build context. */
  Edge context(GraphBuilder graph, MainContext.Local local, String use) {
    return vertex(
        graph,
        local.name(),
        attributes(local.sessionId(), local.name(), local.excludePatterns(), use),
        GraphBuilder.Label.internal("load build context"));
  }

  /** The vertex of a named context. */
  Edge named(GraphBuilder graph, NamedContext.Local local, String use) {
    return vertex(
        graph,
        local.name(),
        attributes(local.sessionId(), local.hint(), local.excludes(), use),
        GraphBuilder.Label.of("[context " + local.option() + "] load from client"));
  }

  private Map<String, String> attributes(
      String sessionId, String hint, List<String> excludes, String use) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("local.sharedkeyhint", hint);
    if (!sessionId.isEmpty()) {
      attributes.put("local.session", sessionId);
    }
    Set<String> paths = followPaths.getOrDefault(use, Set.of());
    if (!paths.isEmpty() && !paths.contains("")) {
      attributes.put("local.followpaths", json(List.copyOf(paths)));
    }
    if (!excludes.isEmpty()) {
      attributes.put("local.excludepatterns", json(excludes));
    }
    return attributes;
  }

  private static Edge vertex(
      GraphBuilder graph, String name, Map<String, String> attributes, GraphBuilder.Label label) {
    return graph.add(
        new Op.Source("local://" + name, attributes), List.of(), Optional.empty(), label);
  }

  private static String json(List<String> values) {
    return new String(OciJson.compact(values), StandardCharsets.UTF_8);
  }
}
