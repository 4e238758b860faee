package dev.slipway.frontend;

import dev.slipway.graph.Definition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a frontend made: one graph, or one per platform.
 *
 * @param single the only result; empty when there are several or none
 * @param byPlatform results by platform id, in the order asked for
 * @param metadata {@code containerimage.config[/id]}, {@code refs.platforms}, …
 */
public record FrontendResult(
    Optional<Definition> single, Map<String, Definition> byPlatform, Map<String, byte[]> metadata) {
  public FrontendResult {
    byPlatform = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(byPlatform));
    metadata = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }
}
