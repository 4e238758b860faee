package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.oci.OciJson;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The client's directory. All copies of a graph share one vertex that names all their paths, so a
 * conversion runs twice: once to learn the paths, once to use them. Confined to one conversion.
 */
final class ContextSource {
  private final ConvertOptions.Context context;
  private final SortedSet<String> followPaths;
  private final SortedSet<String> seen = new TreeSet<>();

  ContextSource(ConvertOptions.Context context, Collection<String> followPaths) {
    this.context = context;
    this.followPaths = new TreeSet<>(followPaths);
  }

  /** The vertex; {@code path} is absolute in the context. */
  Edge read(GraphBuilder graph, String path) {
    seen.add(path.substring(1));
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("local.sharedkeyhint", context.name());
    if (!context.sessionId().isEmpty()) {
      attributes.put("local.session", context.sessionId());
    }
    if (!followPaths.isEmpty() && !followPaths.contains("")) {
      attributes.put("local.followpaths", json(List.copyOf(followPaths)));
    }
    if (!context.excludePatterns().isEmpty()) {
      attributes.put("local.excludepatterns", json(context.excludePatterns()));
    }
    return graph.add(
        new Op.Source("local://" + context.name(), attributes),
        List.of(),
        Optional.empty(),
        GraphBuilder.Label.internal("load build context"));
  }

  SortedSet<String> seen() {
    return seen;
  }

  static String json(List<String> values) {
    return new String(OciJson.compact(values), StandardCharsets.UTF_8);
  }
}
