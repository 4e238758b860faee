package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.SourceMap.Range;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What has to be resolved before a conversion, each with its first use.
 *
 * @param names of stages, one of which may have been meant where there is no such image
 */
public record Missing(
    Map<ImageKey, Use> images, Map<ContextKey, Use> contexts, List<String> names) {
  /** How and where it was written. */
  public record Use(String written, Range range) {}

  public Missing {
    images = Collections.unmodifiableMap(new LinkedHashMap<>(images));
    contexts = Collections.unmodifiableMap(new LinkedHashMap<>(contexts));
    names = List.copyOf(names);
  }

  public boolean isEmpty() {
    return images.isEmpty() && contexts.isEmpty();
  }
}
