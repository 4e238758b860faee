package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.util.Optional;

/**
 * {@code [durability]}: what becomes of cached layers when a worker is lost.
 *
 * @param replicas workers that hold each cached layer, at least 1
 * @param registry {@code host[:port]/repository} that layers are written to, and read from when no
 *     worker has them
 * @param directory the same for a directory that all workers have, such as a mounted volume
 */
public record DurabilitySettings(
    int replicas, Optional<String> registry, Optional<String> directory) {
  public static final DurabilitySettings DEFAULT =
      new DurabilitySettings(1, Optional.empty(), Optional.empty());

  static DurabilitySettings read(TomlTable table) throws SlipwayException {
    DurabilitySettings settings =
        new DurabilitySettings(
            table.number("replicas", 1).orElse(DEFAULT.replicas),
            table.text("registry"),
            table.text("directory"));
    table.end();
    return settings;
  }
}
