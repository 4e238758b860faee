package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a stage asks of its worker: a platform, and labels with their values. Not a record, for its
 * hash is asked for at every turn of the queue and is kept. Immutable.
 */
public final class Demand {
  private final Platform platform;
  private final Map<String, String> labels;
  private final int hash;

  public Demand(Platform platform, Map<String, String> labels) {
    this.platform = platform;
    this.labels = Map.copyOf(labels);
    this.hash = 31 * platform.hashCode() + this.labels.hashCode();
  }

  /** Any worker of the platform. */
  public static Demand of(Platform platform) {
    return new Demand(platform, Map.of());
  }

  public Platform platform() {
    return platform;
  }

  /** That the worker must have, with these values. */
  public Map<String, String> labels() {
    return labels;
  }

  boolean isMetBy(Map<String, String> workerLabels) {
    return workerLabels.entrySet().containsAll(labels.entrySet());
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Demand demand
            && hash == demand.hash
            && platform.equals(demand.platform)
            && labels.equals(demand.labels));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** As people read it: {@code linux/amd64 with gpu=true, zone=a}. */
  @Override
  public String toString() {
    return labels.isEmpty()
        ? platform.toString()
        : platform
            + " with "
            + new TreeMap<>(labels)
                .entrySet().stream().map(Object::toString).collect(Collectors.joining(", "));
  }
}
