package dev.slipway.explain;

import java.time.Instant;
import java.util.List;

/**
 * Where a layer in the cache comes from.
 *
 * @param tenant whose build made it
 * @param trustDomain in the key of its step
 * @param build the client's ref, {@code name} what was built
 * @param step stage, number and text, without the values of build arguments
 * @param platform of the step; empty = none in particular
 * @param worker name of the one that made it
 * @param ingredients what the key was made of, in words
 */
public record Provenance(
    String tenant,
    String trustDomain,
    String build,
    String name,
    String step,
    String platform,
    String worker,
    Instant at,
    List<String> ingredients) {
  public Provenance {
    ingredients = List.copyOf(ingredients);
  }
}
