package dev.slipway.holdings;

import dev.slipway.explain.Provenance;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A layer or a cache mount, on however many workers.
 *
 * @param id of the layer or mount
 * @param type as BuildKit calls it: {@code regular}, {@code source.local}, {@code exec.cachemount},
 *     {@code internal}
 * @param size bytes of one copy, the largest
 * @param createdAt of the oldest copy
 * @param lastUsedAt of the copy used last
 * @param uses of all copies together
 * @param inUse whether some worker needs it now
 * @param workers names of those that hold it, sorted
 * @param tenant whose it is; empty = unknown or nobody's, as a layer of an image
 * @param provenance of results of steps
 */
public record Holding(
    String id,
    String type,
    String description,
    long size,
    Instant createdAt,
    Instant lastUsedAt,
    long uses,
    boolean inUse,
    List<String> workers,
    Optional<String> tenant,
    Optional<Provenance> provenance) {
  public Holding {
    workers = List.copyOf(workers);
  }

  /** Whether the text is anywhere in what people see of it; case does not matter. */
  boolean has(String lowerCaseText) {
    return contains(id, lowerCaseText)
        || contains(type, lowerCaseText)
        || contains(description, lowerCaseText)
        || workers.stream().anyMatch(worker -> contains(worker, lowerCaseText))
        || tenant.filter(name -> contains(name, lowerCaseText)).isPresent()
        || provenance
            .filter(from ->
                contains(from.step(), lowerCaseText)
                    || contains(from.name(), lowerCaseText)
                    || contains(from.platform(), lowerCaseText)
                    || contains(from.build(), lowerCaseText)
                    || from.ingredients().stream().anyMatch(one -> contains(one, lowerCaseText)))
            .isPresent();
  }

  private static boolean contains(String text, String lowerCaseText) {
    return text.toLowerCase(java.util.Locale.ROOT).contains(lowerCaseText);
  }
}
