package dev.slipway.cache;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * A known result of a vertex.
 *
 * @param key the vertex's cache key
 * @param outputs layer chain by output index
 * @param cost what it took to make
 */
public record CacheRecord(
    String key, Map<Integer, LayerChain> outputs, Duration cost, Instant createdAt) {
  public CacheRecord {
    outputs = Map.copyOf(outputs);
  }
}
