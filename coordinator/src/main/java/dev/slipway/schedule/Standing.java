package dev.slipway.schedule;

import java.util.Map;

/**
 * What a build brings to the queue.
 *
 * @param tenant builds of one tenant share its turn, its limits and its cache
 * @param priority among the tenant's builds, higher first; 0 is normal
 * @param workerLabels that workers must have to get its stages
 */
public record Standing(String tenant, int priority, Map<String, String> workerLabels) {
  /** Of whoever says nothing. */
  public static final Standing DEFAULT = of("default");

  public Standing {
    workerLabels = Map.copyOf(workerLabels);
  }

  /** Of a tenant's ordinary build. */
  public static Standing of(String tenant) {
    return new Standing(tenant, 0, Map.of());
  }
}
