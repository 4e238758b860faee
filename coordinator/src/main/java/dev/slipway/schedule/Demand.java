package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a stage asks of its worker.
 *
 * @param labels that the worker must have, with these values
 */
public record Demand(Platform platform, Map<String, String> labels) {
  public Demand {
    labels = Map.copyOf(labels);
  }

  /** Any worker of the platform. */
  public static Demand of(Platform platform) {
    return new Demand(platform, Map.of());
  }

  boolean isMetBy(Map<String, String> workerLabels) {
    return workerLabels.entrySet().containsAll(labels.entrySet());
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
