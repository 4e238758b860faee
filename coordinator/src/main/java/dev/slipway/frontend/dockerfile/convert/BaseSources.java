package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Vertices of what comes from outside: images, contexts. Confined to one conversion. */
final class BaseSources {
  private static final String MAIN = "context";

  private final GraphBuilder graph;
  private final ConvertOptions options;
  private final Resolved resolved;
  private final LocalSources locals;

  BaseSources(GraphBuilder graph, ConvertOptions options, Resolved resolved, LocalSources locals) {
    this.graph = graph;
    this.options = options;
    this.resolved = resolved;
    this.locals = locals;
  }

  LocalSources locals() {
    return locals;
  }

  /** An image that only files are taken of; empty when it has none. */
  Optional<Edge> image(ImageKey key, Range range) throws SlipwayException {
    return ImageSpecification.isEmpty(resolved.images().get(key).config())
        ? Optional.empty()
        : Optional.of(
            image(key, key.platform(), GraphBuilder.Label.of("FROM " + pinned(key), range)));
  }

  Edge image(ImageKey key, Platform platform, GraphBuilder.Label label) {
    Map<String, String> attributes =
        options.imageResolveMode().equals("default")
            ? Map.of()
            : Map.of("image.resolvemode", options.imageResolveMode());
    return graph.add(
        new Op.Source("docker-image://" + pinned(key), attributes),
        List.of(),
        Optional.of(platform),
        label);
  }

  String pinned(ImageKey key) {
    BaseImage image = resolved.images().get(key);
    return ImageReference.parse(image.reference()).withDigest(image.digest()).toString();
  }

  /**
   * A named context.
   *
   * @param use names who uses it, for directories that are sent in parts
   */
  Optional<Edge> context(ContextKey key, String use) {
    return switch (resolved.contexts().get(key)) {
      case NamedContext.Scratch _ -> Optional.empty();
      case NamedContext.Source source ->
          Optional.of(
              graph.add(
                  source.source(),
                  List.of(),
                  source.platform(),
                  GraphBuilder.Label.of(source.vertexName())));
      case NamedContext.Local local -> Optional.of(locals.named(graph, local, use));
      case NamedContext.Input input -> graph.include(input.definition());
    };
  }

  Optional<Edge> mainContext(String path) {
    return switch (options.context()) {
      case MainContext.Local local -> {
        locals.need(MAIN, path);
        yield Optional.of(locals.context(graph, local, MAIN));
      }
      case MainContext.Graph main -> graph.include(main.definition());
    };
  }
}
