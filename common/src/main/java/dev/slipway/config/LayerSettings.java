package dev.slipway.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.config.GcSettings.Space;
import dev.slipway.error.SlipwayException;
import java.util.Optional;
import java.util.Set;

/**
 * What of {@code [worker.oci]} says how much an image's layer, or an archive that ADD unpacks, may
 * cost a worker.
 *
 * @param maxSize bytes that come out of it
 * @param maxEntries files, directories and links in it
 */
public record LayerSettings(long maxSize, long maxEntries) {
  public static final String MAX_SIZE = "max-layer-size";
  public static final String MAX_ENTRIES = "max-layer-entries";

  /** Far above any image seen. */
  public static final LayerSettings DEFAULT = new LayerSettings(256L << 30, 10_000_000);

  static final Set<String> KEYS = Set.of(MAX_SIZE, MAX_ENTRIES);

  public LayerSettings {
    if (maxSize < 1 || maxEntries < 1) {
      throw new IllegalArgumentException("a layer has at least one byte and one entry");
    }
  }

  /** Reads its keys; the table has others beside them. */
  static LayerSettings read(TomlTable table) throws SlipwayException {
    Space size = Space.read(table, MAX_SIZE);
    if (size.percent() != 0) {
      throw table.invalid(MAX_SIZE, "a number of bytes, or a text like \"10GB\"");
    }
    Optional<JsonNode> entries = table.value(MAX_ENTRIES);
    if (entries.isPresent()
        && !(entries.get().canConvertToLong() && entries.get().longValue() > 0)) {
      throw table.invalid(MAX_ENTRIES, "a number of at least 1");
    }
    return new LayerSettings(
        size.isSet() ? size.bytes() : DEFAULT.maxSize,
        entries.map(JsonNode::longValue).orElse(DEFAULT.maxEntries));
  }
}
