package dev.slipway.cache;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * A known result of a vertex.
 *
 * @param key the vertex's cache key
 * @param canonicalKey the key that stands for the result in keys of vertices that build on it:
 *     equal for results that are interchangeable although their definitions differ; {@code key}
 *     itself when nothing better is known
 * @param outputs layer chain by output index
 * @param cost what it took to make
 * @param tenant whose build made it; whose it counts as, and not who may use it
 */
public record CacheRecord(
    String key,
    String canonicalKey,
    Map<Integer, LayerChain> outputs,
    Duration cost,
    Instant createdAt,
    String tenant) {
  public CacheRecord {
    outputs = Map.copyOf(outputs);
  }

  /** The same result under another key. */
  public CacheRecord under(String otherKey) {
    return new CacheRecord(otherKey, canonicalKey, outputs, cost, createdAt, tenant);
  }
}
